/* udp_sessions.c - see udp_sessions.h. */
#include "gate/udp_sessions.h"

#include <assert.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define ENDPOINT_MAX 23 /* octets of an address in a key: family, zone, port and 16 octets */
#define KEY_MAX      (2 * ENDPOINT_MAX + UDP_SESSIONS_HEAD_MAX)

enum state { ST_NEW, ST_OPENING, ST_JOINED, ST_REFUSED };

struct waiting {
    struct waiting *prev, *next;
    size_t n;
    uint8_t data[];
};

struct session {
    struct dgrams pipe; /* JOINED: the front's */
    struct udp_sessions *table;
    struct session *prev, *next;
    UT_hash_handle by_key;
    enum state state;
    struct front_open *open; /* OPENING */
    struct waiting *waiting; /* utlist DL, oldest first */
    size_t nwaiting, waiting_octets;
    uint64_t refused_ms; /* REFUSED: since when */
    bool is_replaying;   /* closed meanwhile, it is freed behind that */
    bool is_closed;
    struct udp_port *port;
    struct udp_port_path path;
    size_t nhead, nkey;
    uint8_t key[]; /* ends in the head */
};

struct udp_sessions {
    struct front *front;
    const char *kind;
    size_t max;
    uint64_t hold_off_ms;
    struct session *by_key;
    struct session *by_use; /* utlist DL, the one idle longest first */
};

/* --- what ends a session --- */

static void drop_waiting(struct session *s)
{
    struct waiting *w, *tmp;

    DL_FOREACH_SAFE (s->waiting, w, tmp)
        free(w);
    s->waiting = NULL;
    s->nwaiting = s->waiting_octets = 0;
}

static void release(struct session *s)
{
    HASH_DELETE(by_key, s->table->by_key, s);
    DL_DELETE(s->table->by_use, s);
    drop_waiting(s);
    free(s);
}

/* From this side.  err 0: in order. */
static void end(struct session *s, int err)
{
    if (s->state == ST_OPENING)
        front_cancel(s->open, err ? err : GW_ECANCELED);
    else if (s->state == ST_JOINED)
        s->pipe.ev->on_close(&s->pipe, err);
    release(s);
}

/* --- the pipe that the front has --- */

static struct session *of(struct dgrams *d)
{
    return (struct session *)d;
}

static void touch(struct session *s)
{
    DL_DELETE(s->table->by_use, s);
    DL_APPEND(s->table->by_use, s);
}

static void op_send(struct dgrams *d, struct bytes v)
{
    struct session *s = of(d);
    touch(s);
    udp_port_send(s->port, &s->path, (struct bytes){ s->key + s->nkey - s->nhead, s->nhead }, v);
}

static void op_close(struct dgrams *d, int err)
{
    struct session *s = of(d);
    (void)err; /* there is no way to tell a UDP client */
    if (s->is_replaying)
        s->is_closed = true;
    else
        release(s);
}

static const struct dgrams_ops session_ops = { .send = op_send, .close = op_close };

/* --- opening --- */

static void refuse(struct session *s)
{
    s->state = ST_REFUSED;
    s->refused_ms = clock_mono_ms();
    s->open = NULL;
    drop_waiting(s);
}

static void on_opened(void *arg, int err, const char *why)
{
    struct session *s = arg;
    (void)why; /* the front has logged it */

    if (err) {
        refuse(s);
        return;
    }
    s->state = ST_JOINED;
    s->is_replaying = true;
    front_join_dgrams(s->open, &s->pipe, NULL, NULL);
    s->open = NULL;
    for (struct waiting *w = s->waiting; w && !s->is_closed; w = w->next)
        s->pipe.ev->on_datagram(&s->pipe, (struct bytes){ w->data, w->n });
    s->is_replaying = false;
    drop_waiting(s);
    if (s->is_closed)
        release(s);
}

static void ask(struct session *s, const struct front_target *target)
{
    struct udp_sessions *t = s->table;
    char text[FRONT_TARGET_STR_MAX];

    s->state = ST_OPENING;
    int err = front_open(t->front, t->kind, target, on_opened, s, &s->open);
    if (!err)
        return;
    log_warn("%s target=%s refused: %s", t->kind,
             log_esc(bytes_of(front_target_print(target, text))), gw_strerror(err));
    refuse(s);
}

/* --- the table --- */

static void put_endpoint(struct wr *w, const struct ipaddr *ip, uint16_t port)
{
    wr_u8(w, ip->family);
    wr_bytes(w, (struct bytes){ ip->b, sizeof ip->b });
    wr_u32(w, ip->zone);
    wr_u16(w, port);
}

/* Returns its octets. */
static size_t make_key(uint8_t key[KEY_MAX], const struct udp_port_path *path, struct bytes head)
{
    struct wr w = wr_init((struct span){ key, KEY_MAX });
    struct ipaddr ip;
    uint16_t port;

    sockaddr_to_ip(&path->remote, &ip, &port);
    put_endpoint(&w, &ip, port);
    put_endpoint(&w, &path->local, 0);
    wr_bytes(&w, head);
    assert(!w.full);
    return KEY_MAX - w.left;
}

static struct session *add(struct udp_sessions *t, struct bytes key, size_t nhead,
                           struct udp_port *port, const struct udp_port_path *path)
{
    if (HASH_CNT(by_key, t->by_key) >= t->max)
        end(t->by_use, GW_ELIMIT);
    struct session *s = malloc(sizeof *s + key.n);
    if (!s)
        return NULL;
    *s = (struct session){ .pipe.ops = &session_ops,
                           .table = t,
                           .port = port,
                           .path = *path,
                           .nhead = nhead,
                           .nkey = key.n };
    memcpy(s->key, key.p, key.n);
    HASH_ADD_KEYPTR(by_key, t->by_key, s->key, s->nkey, s);
    if (!s->by_key.tbl) { /* uthash ran out of memory and left it out */
        free(s);
        return NULL;
    }
    DL_APPEND(t->by_use, s);
    return s;
}

static struct session *find_or_add(struct udp_sessions *t, struct udp_port *port,
                                   const struct udp_port_path *path, struct bytes head)
{
    uint8_t key[KEY_MAX];
    size_t n = make_key(key, path, head);
    struct session *s;

    HASH_FIND(by_key, t->by_key, key, n, s);
    return s ? s : add(t, (struct bytes){ key, n }, head.n, port, path);
}

/* --- input --- */

static bool is_to_ask(const struct session *s)
{
    if (s->state == ST_REFUSED)
        return clock_mono_ms() - s->refused_ms >= s->table->hold_off_ms;
    return s->state == ST_NEW;
}

static void keep(struct session *s, struct bytes v)
{
    if (s->nwaiting == UDP_SESSIONS_WAITING_MAX ||
        v.n > UDP_SESSIONS_OCTETS_MAX - s->waiting_octets)
        return;
    struct waiting *w = malloc(sizeof *w + v.n);
    if (!w)
        return;
    w->n = v.n;
    if (v.n)
        memcpy(w->data, v.p, v.n);
    DL_APPEND(s->waiting, w);
    s->nwaiting++;
    s->waiting_octets += v.n;
}

/* --- public --- */

struct udp_sessions *udp_sessions_new(struct front *front, const char *kind, size_t max,
                                      uint64_t hold_off_ms)
{
    struct udp_sessions *t = malloc(sizeof *t);
    assert(max > 0);
    if (t)
        *t = (struct udp_sessions){
            .front = front, .kind = kind, .max = max, .hold_off_ms = hold_off_ms
        };
    return t;
}

void udp_sessions_free(struct udp_sessions *t)
{
    if (!t)
        return;
    while (t->by_use)
        end(t->by_use, 0);
    free(t);
}

void udp_sessions_input(struct udp_sessions *t, struct udp_port *port,
                        const struct udp_port_path *path, struct bytes head,
                        const struct front_target *target, struct bytes v)
{
    struct session *s = v.n <= DGRAMS_MAX ? find_or_add(t, port, path, head) : NULL;

    if (!s)
        return;
    if (is_to_ask(s))
        ask(s, target);
    if (s->state == ST_REFUSED)
        return;
    touch(s);
    if (s->state == ST_OPENING)
        keep(s, v);
    else
        s->pipe.ev->on_datagram(&s->pipe, v); /* s may be gone already: touch nothing */
}

size_t udp_sessions_count(const struct udp_sessions *t)
{
    return HASH_CNT(by_key, t->by_key);
}
