/* proxy_client.c - see proxy_client.h, and proxy_in.h for the life of a client. */
#include "gate/proxy_client.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/proxy_env.h"
#include "net/fdstream.h"
#include "net/parting.h"
#include "net/timer.h"
#include "wire/socks4.h"
#include "wire/socks5.h"

#define IN_START  512  /* octets of the first input buffer: all that SOCKS needs */
#define PART_MS   2000 /* what a client has to take the last answer */
#define TLS_HELLO 0x16

enum state { ST_HANDSHAKE, ST_OPENING, ST_HELD, ST_PARTED, ST_DEAD };
static const char *const state_name[] = {
    [ST_HANDSHAKE] = "handshake", [ST_OPENING] = "opening", [ST_HELD] = "held",
    [ST_PARTED] = "parted",       [ST_DEAD] = "dead",
};

struct proxy_client {
    struct proxy_client *prev, *next;
    struct proxy_env *env;
    struct proxy_group *group;
    struct stream *stream;           /* owned until the front joins it; NULL when PARTED */
    const struct proxy_proto *proto; /* NULL before the first octet */
    struct front_open *open;         /* OPENING: one of these two, */
    struct front_lookup *lookup;
    proxy_client_found_fn *found; /* and this one with lookup */
    void (*ended)(void *arg);     /* HELD; NULL: nobody is to be told */
    void *ended_arg;
    struct timer deadline;
    struct turn_task task; /* what part and a refused open leave to do */
    int refused;           /* why it was */
    struct sockaddr_any from;
    uint64_t id; /* for the log */
    enum state state;
    int phase;      /* the protocol's */
    void *kept;     /* likewise */
    bool is_at_eof; /* the client has ended its direction */
    uint8_t *in;    /* grows up to PROXY_IN_MAX; it may hold a password */
    size_t nin, cap;
};

const char *proxy_client_label(const struct proxy_client *c)
{
    static char label[48];
    snprintf(label, sizeof label, "%s c=%llu", c->proto ? c->proto->name : "proxy",
             (unsigned long long)c->id);
    return label;
}

static void join_group(struct proxy_client *c, enum proxy_group_name group)
{
    c->group = &c->env->groups[group];
    c->group->n++;
    DL_APPEND(c->group->oldest, c);
}

static void leave_group(struct proxy_client *c)
{
    c->group->n--;
    DL_DELETE(c->group->oldest, c);
}

static void enter(struct proxy_client *c, enum state to)
{
    assert(to != ST_HANDSHAKE);
    log_debug("%s %s -> %s", proxy_client_label(c), state_name[c->state], state_name[to]);
    leave_group(c);
    join_group(c, to == ST_HELD ? PROXY_HELD : PROXY_OTHERS);
    c->state = to;
}

static void drop_input(struct proxy_client *c)
{
    if (c->in)
        explicit_bzero(c->in, c->cap);
    free(c->in);
    c->in = NULL;
    c->nin = c->cap = 0;
}

/* Whatever is under way for the client calls back no more. */
static void stop_opening(struct proxy_client *c)
{
    if (c->open)
        front_cancel(c->open, GW_ECANCELED);
    front_address_cancel(c->lookup);
    c->open = NULL;
    c->lookup = NULL;
    turn_del(c->env->turn, &c->task);
}

/* The stream is the caller's. */
static void release(struct proxy_client *c)
{
    stop_opening(c);
    timer_stop(&c->deadline);
    leave_group(c);
    if (c->ended)
        c->ended(c->ended_arg);
    drop_input(c);
    free(c->kept);
    free(c);
}

/* Ends the client without an answer; on_close releases it. */
static void die_of(struct proxy_client *c, int err, const char *why)
{
    if (c->state == ST_DEAD)
        return;
    log_info("%s state=%s closed: %s", proxy_client_label(c), state_name[c->state], why);
    stop_opening(c);
    enter(c, ST_DEAD);
    c->stream->ops->reset(c->stream, err);
}

static void die(struct proxy_client *c, int err)
{
    die_of(c, err, gw_strerror(err));
}

/* ---- input ---- */

static struct bytes input(const struct proxy_client *c)
{
    return (struct bytes){ c->in, c->nin };
}

static bool grow(struct proxy_client *c)
{
    size_t nin = c->nin, cap = c->cap ? 2 * c->cap : IN_START;
    uint8_t *p = malloc(cap);
    if (!p)
        return false;
    if (nin)
        memcpy(p, c->in, nin);
    drop_input(c);
    c->in = p;
    c->nin = nin;
    c->cap = cap;
    return true;
}

static const struct proxy_proto *proto_of(uint8_t first)
{
    if (first == SOCKS5_VERSION)
        return &socks5_proto;
    if (first == SOCKS4_VERSION)
        return &socks4_proto;
    return first < 0x80 && isalpha(first) ? &http_proto : NULL;
}

static void use(struct proxy_client *c, size_t n)
{
    assert(n <= c->nin);
    c->nin -= n;
    memmove(c->in, c->in + n, c->nin);
    if (c->state == ST_HANDSHAKE) {
        leave_group(c);
        join_group(c, PROXY_TALKING);
    }
}

static void run(struct proxy_client *c)
{
    if (!c->proto && !(c->proto = proto_of(c->in[0]))) {
        die_of(c, GW_EPROTO,
               c->in[0] == TLS_HELLO ? "not SOCKS or HTTP (looks like TLS)" : "not SOCKS or HTTP");
        return;
    }
    while (c->state == ST_HANDSHAKE && c->nin) {
        int n = c->proto->read(c, input(c));
        if (n < 0)
            die(c, n);
        else if (n == 0 && c->state == ST_HANDSHAKE && c->nin == PROXY_IN_MAX)
            die_of(c, GW_ELIMIT, "request too long");
        if (n <= 0 || c->state > ST_OPENING)
            return;
        use(c, (size_t)n);
    }
}

static struct span on_alloc(struct stream *s)
{
    static uint8_t waste[4096]; /* of all that are HELD: nobody reads it */
    struct proxy_client *c = s->owner;

    if (c->state == ST_HELD)
        return (struct span){ waste, sizeof waste };
    if (c->nin == c->cap && c->cap < PROXY_IN_MAX && !grow(c)) {
        die(c, GW_ENOMEM);
        return (struct span){ 0 };
    }
    return (struct span){ c->in + c->nin, c->cap - c->nin };
}

static void on_data(struct stream *s, struct bytes v)
{
    struct proxy_client *c = s->owner;

    if (c->state == ST_HELD)
        return;
    assert(v.p == c->in + c->nin && v.n <= c->cap - c->nin); /* a socket asks on_alloc */
    c->nin += v.n;
    run(c);
}

/* Who is HELD has no more to say than that it stays. */
static void on_eof(struct stream *s)
{
    struct proxy_client *c = s->owner;

    c->is_at_eof = true;
    if (c->state == ST_HANDSHAKE)
        die(c, GW_ECLOSED);
    else if (c->state == ST_OPENING && !c->nin)
        timer_start(&c->deadline, c->env->cfg->handshake_timeout_ms);
    else if (c->state == ST_HELD) {
        s->ops->shutdown(s);
        timer_start(&c->deadline, PART_MS);
    }
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events client_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    struct proxy_client *c = arg;

    die(c, c->state == ST_HANDSHAKE ? GW_ETIMEOUT : GW_ECLOSED);
}

static void on_opened(void *arg, int err, const char *why)
{
    struct proxy_client *c = arg;
    if (err)
        c->open = NULL;
    c->proto->opened(c, err, why);
}

static void on_found(void *arg, int err, const struct ipaddr *ip, const char *why)
{
    struct proxy_client *c = arg;
    c->lookup = NULL;
    c->found(c, err, ip, why);
}

static void on_turn(struct turn_task *task)
{
    struct proxy_client *c = container_of(task, struct proxy_client, task);

    if (c->state == ST_PARTED)
        release(c);
    else if (c->found)
        on_found(c, c->refused, NULL, gw_strerror(c->refused));
    else
        on_opened(c, c->refused, gw_strerror(c->refused));
}

/* ---- the face towards protocols ---- */

int *proxy_client_phase(struct proxy_client *c)
{
    return &c->phase;
}

void proxy_client_keep(struct proxy_client *c, void *state)
{
    free(c->kept);
    c->kept = state;
}

void *proxy_client_kept(const struct proxy_client *c)
{
    return c->kept;
}

const struct proxy_in_config *proxy_client_config(const struct proxy_client *c)
{
    return c->env->cfg;
}

struct front *proxy_client_front(const struct proxy_client *c)
{
    return c->env->front;
}

struct ev_loop *proxy_client_loop(const struct proxy_client *c)
{
    return c->env->loop;
}

const struct sockaddr_any *proxy_client_from(const struct proxy_client *c)
{
    return &c->from;
}

void proxy_client_local(const struct proxy_client *c, struct sockaddr_any *out)
{
    *out = (struct sockaddr_any){ .len = sizeof out->un };
    if (getsockname(fdstream_fd(c->stream), &out->sa, &out->len) != 0)
        *out = (struct sockaddr_any){ .sa.sa_family = AF_UNSPEC };
}

uint32_t proxy_client_count_held(const struct proxy_client *c)
{
    return c->env->groups[PROXY_HELD].n;
}

int proxy_client_say(struct proxy_client *c, struct bytes v)
{
    ssize_t sent = v.n ? c->stream->ops->write(c->stream, v) : 0;
    return sent < 0 ? (int)sent : 0;
}

/* A client that does not take its answer is closed without a reset (0), for it might still read. */
void proxy_client_part(struct proxy_client *c, struct bytes v)
{
    struct stream *s = c->stream;

    assert(c->state < ST_PARTED);
    stop_opening(c);
    timer_stop(&c->deadline);
    c->stream = NULL;
    c->ended = NULL;
    enter(c, ST_PARTED);
    parting_start(c->env->loop, s, v, PART_MS, 0, &c->env->partings);
    turn_add(c->env->turn, &c->task);
}

static void begin_opening(struct proxy_client *c)
{
    assert(c->state == ST_HANDSHAKE);
    timer_stop(&c->deadline);
    enter(c, ST_OPENING);
}

/* The protocol is told from the loop. */
static void refuse_later(struct proxy_client *c, int err)
{
    log_warn("%s refused: %s", proxy_client_label(c), gw_strerror(err));
    c->refused = err;
    turn_add(c->env->turn, &c->task);
}

void proxy_client_connect(struct proxy_client *c, const struct front_target *t)
{
    begin_opening(c);
    int err = front_open(c->env->front, c->proto->name, t, on_opened, c, &c->open);
    if (err)
        refuse_later(c, err);
}

void proxy_client_join(struct proxy_client *c, struct bytes answer, struct bytes ahead)
{
    struct front_open *open = c->open;
    int err = proxy_client_say(c, answer);

    if (!err)
        err = front_send(open, ahead, false);
    if (!err)
        err = front_send(open, input(c), c->is_at_eof);
    if (err) {
        die(c, err);
        return;
    }
    c->open = NULL;
    front_join(open, c->stream, NULL, NULL);
    release(c);
}

struct bytes proxy_client_behind(const struct proxy_client *c)
{
    return input(c);
}

struct stream *proxy_client_stream(const struct proxy_client *c)
{
    return c->stream;
}

void proxy_client_wrap(struct proxy_client *c, struct stream *around, size_t n)
{
    assert(c->open && n <= c->nin);
    c->stream = around;
    c->nin = n;
    stream_own(around, &client_events, c);
}

void proxy_client_look_up(struct proxy_client *c, const char *host, proxy_client_found_fn *found)
{
    begin_opening(c);
    c->found = found;
    int err = front_address(c->env->front, host, on_found, c, &c->lookup);
    if (err)
        refuse_later(c, err);
}

void proxy_client_hold(struct proxy_client *c, void (*ended)(void *arg), void *arg)
{
    assert(c->state == ST_HANDSHAKE);
    timer_stop(&c->deadline);
    enter(c, ST_HELD);
    drop_input(c);
    c->ended = ended;
    c->ended_arg = arg;
}

void proxy_client_drop(struct proxy_client *c, int err)
{
    die(c, err);
}

/* ---- the face towards the port ---- */

int proxy_client_start(struct proxy_env *env, int fd, const struct sockaddr_any *from)
{
    struct stream *s = fdstream_new(env->loop, env->turn, fd, fd);
    struct proxy_client *c = s ? malloc(sizeof *c) : NULL;

    if (!c) {
        if (s)
            stream_drop(s, GW_ENOMEM);
        else
            close(fd);
        return GW_ENOMEM;
    }
    *c = (struct proxy_client){
        .env = env, .stream = s, .task.run = on_turn, .from = *from, .id = ++env->last_id
    };
    timer_init(&c->deadline, c->env->loop, on_deadline, c);
    join_group(c, PROXY_FRESH);
    stream_own(s, &client_events, c);
    timer_start(&c->deadline, env->cfg->handshake_timeout_ms);
    s->ops->credit(s, 0);
    return 0;
}

void proxy_client_end_all(struct proxy_env *env)
{
    for (size_t i = 0; i < PROXY_NGROUPS; i++) {
        struct proxy_client *c, *tmp;
        DL_FOREACH_SAFE (env->groups[i].oldest, c, tmp) {
            if (c->stream)
                stream_drop(c->stream, GW_ECANCELED);
            release(c);
        }
    }
    parting_drop_all(&env->partings);
}
