/* socks5_in.c - see socks5_in.h.
 *
 *   FIRST -> GREETING -> USERPASS -> REQUEST -> OPENING -> (the front joins the stream)
 *                |           |          ^          |
 *                +-----------|----------+          |
 *                |           |          |          v
 *                +-----------+----------+------> PARTED     a last answer leaves (net/parting)
 *
 *   any other -> DEAD on a fault, a vanished client, or its deadline
 *
 * A client that speaks something else is told so in its own language, if it has one for that
 * (PARTED), or closed. FIRST to REQUEST share one deadline and count as half-open; OPENING has the
 * front's.  A client that ends without a word of its own while its service is opened may only have
 * closed its writing side; it is given one more handshake-timeout, then it counts as gone. */
#include "gate/socks5_in.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "net/fdstream.h"
#include "net/parting.h"
#include "wire/socks5.h"

#define IN_MAX  4096 /* octets; any message is shorter, so only early data fills it */
#define PART_MS 2000 /* what a client has to take the last answer */

enum state { ST_FIRST, ST_GREETING, ST_USERPASS, ST_REQUEST, ST_OPENING, ST_PARTED, ST_DEAD };
static const char *const state_name[] = {
    [ST_FIRST] = "first",     [ST_GREETING] = "greeting", [ST_USERPASS] = "userpass",
    [ST_REQUEST] = "request", [ST_OPENING] = "opening",   [ST_PARTED] = "parted",
    [ST_DEAD] = "dead",
};

struct client {
    struct client *prev, *next;
    struct socks5_in *all;
    struct stream *stream;   /* owned until the front joins it, or PARTED */
    struct front_open *open; /* OPENING */
    ev_timer deadline;
    uint64_t id; /* for the log */
    enum state state;
    bool is_at_eof; /* the client has ended its direction */
    size_t nin;
    uint8_t in[IN_MAX];
};

struct socks5_in {
    struct ev_loop *loop;
    struct turn *turn;
    struct front *front;
    struct socks5_in_config cfg; /* owns its strings */
    struct client *half_open;    /* utlist DL, oldest first */
    struct client *others;       /* utlist DL: OPENING and later */
    struct parting *partings;
    uint32_t nhalf_open;
    uint64_t last_id;
};

/* The one place where a failure becomes a reply (RFC 1928 s.6); others are a general one. */
static const struct {
    int err;
    enum socks5_rep rep;
} replies[] = {
    { 0, SOCKS5_REP_OK },
    { GW_EDENIED, SOCKS5_REP_DENIED },
    { GW_ENETDOWN, SOCKS5_REP_NET_UNREACH },
    { GW_ENONAME, SOCKS5_REP_HOST_UNREACH },
    { GW_ESYNTAX, SOCKS5_REP_HOST_UNREACH }, /* not a host name */
    { GW_EOFFLINE, SOCKS5_REP_HOST_UNREACH },
    { GW_EIDENTITY, SOCKS5_REP_HOST_UNREACH },
    { GW_EUNREACH, SOCKS5_REP_HOST_UNREACH },
    { GW_ENOSERVICE, SOCKS5_REP_REFUSED },
    { GW_ENOPROTO, SOCKS5_REP_REFUSED },
    { GW_EREFUSED, SOCKS5_REP_REFUSED },
    { GW_ETIMEOUT, SOCKS5_REP_TIMEOUT },
    { GW_EUNSUP, SOCKS5_REP_BAD_ATYP },
};

static enum socks5_rep rep_of(int err)
{
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        if (replies[i].err == err)
            return replies[i].rep;
    return SOCKS5_REP_FAILURE;
}

static bool is_half_open(enum state s)
{
    return s < ST_OPENING;
}

static void unlink_client(struct client *c)
{
    if (is_half_open(c->state)) {
        DL_DELETE(c->all->half_open, c);
        c->all->nhalf_open--;
    } else {
        DL_DELETE(c->all->others, c);
    }
}

static void enter(struct client *c, enum state to)
{
    log_debug("socks5 c=%llu %s -> %s", (unsigned long long)c->id, state_name[c->state],
              state_name[to]);
    if (is_half_open(c->state) && !is_half_open(to)) {
        unlink_client(c);
        DL_APPEND(c->all->others, c);
    }
    c->state = to;
}

static void set_deadline(struct client *c, uint64_t ms)
{
    ev_timer_stop(c->all->loop, &c->deadline);
    ev_timer_set(&c->deadline, (double)ms / 1000., 0.);
    ev_timer_start(c->all->loop, &c->deadline);
}

/* The stream is the caller's. */
static void release(struct client *c)
{
    if (c->open)
        front_cancel(c->open, GW_ECANCELED);
    ev_timer_stop(c->all->loop, &c->deadline);
    unlink_client(c);
    explicit_bzero(c->in, sizeof c->in); /* it may have held a password */
    free(c);
}

/* Ends the client without an answer; on_close releases it. */
static void die_of(struct client *c, int err, const char *why)
{
    if (c->state == ST_DEAD)
        return;
    log_info("socks5 c=%llu state=%s closed: %s", (unsigned long long)c->id, state_name[c->state],
             why);
    enter(c, ST_DEAD);
    c->stream->ops->reset(c->stream, err);
}

static void die(struct client *c, int err)
{
    die_of(c, err, gw_strerror(err));
}

static int say(struct client *c, const uint8_t *p, int n)
{
    assert(n > 0);
    ssize_t sent = c->stream->ops->write(c->stream, (struct bytes){ p, (size_t)n });
    return sent < 0 ? (int)sent : 0;
}

/* Nothing comes behind this answer: c is left to be released.  A client that does not take it is
 * closed without a reset (0), for it might still read. */
static void say_last(struct client *c, const uint8_t *p, int n)
{
    assert(n > 0);
    enter(c, ST_PARTED);
    parting_start(c->all->loop, c->stream, (struct bytes){ p, (size_t)n }, PART_MS, 0,
                  &c->all->partings);
}

static void refuse(struct client *c, enum socks5_rep rep)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    log_debug("socks5 c=%llu rep=%d", (unsigned long long)c->id, rep);
    say_last(c, reply, socks5_encode_reply(reply, sizeof reply, rep, (struct bytes){ 0 }, 0));
}

static struct bytes input(const struct client *c)
{
    return (struct bytes){ c->in, c->nin };
}

/* Takes as long whatever was given; only the length of the given one shows. */
static bool is_same_secret(struct bytes given, const char *want)
{
    size_t n = want ? strlen(want) : 0;
    uint8_t differ = given.n != n;

    for (size_t i = 0; i < given.n; i++)
        differ |= (uint8_t)(given.p[i] ^ (i < n ? (uint8_t)want[i] : 0));
    return !differ;
}

static bool needs_auth(const struct socks5_in *in)
{
    return in->cfg.user || in->cfg.password;
}

/* ---- steps: > 0 octets used, 0 wait (or look again in a new state), < 0 GW_E* ---- */

static const char http_answer[] =
    "HTTP/1.1 501 Not Implemented\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This is the SOCKS5 proxy of gw; it does not speak HTTP.\n"
    "Set it as SOCKS v5 host with remote DNS, or as socks5h://ADDRESS:PORT.\n";
static const uint8_t socks4_answer[8] = { 0, 0x5b }; /* request rejected or failed */

/* Known by the first octet; of HTTP that is GET, POST, PUT, HEAD, CONNECT, OPTIONS or DELETE. */
static const struct other {
    const char *first, *name;
    const void *answer; /* NULL: there is none that it would understand */
    size_t n;
} others[] = {
    { "GPHCOD", "HTTP", http_answer, sizeof http_answer - 1 },
    { "\4", "SOCKS4", socks4_answer, sizeof socks4_answer },
    { "\x16", "TLS", NULL, 0 },
};

static void turn_away(struct client *c)
{
    char why[64] = "not SOCKS5";

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const struct other *o = &others[i];
        if (!c->in[0] || !strchr(o->first, c->in[0]))
            continue;
        snprintf(why, sizeof why, "not SOCKS5 (looks like %s)", o->name);
        if (o->answer) {
            log_info("socks5 c=%llu state=first refused: %s", (unsigned long long)c->id, why);
            say_last(c, o->answer, (int)o->n);
            return;
        }
    }
    die_of(c, GW_EPROTO, why);
}

static int step_first(struct client *c)
{
    if (!c->nin)
        return 0;
    if (c->in[0] == SOCKS5_VERSION)
        enter(c, ST_GREETING);
    else
        turn_away(c);
    return 0;
}

static int step_greeting(struct client *c)
{
    struct bytes methods;
    uint8_t out[2];
    int n = socks5_decode_greeting(input(c), &methods);
    if (n <= 0)
        return n;
    enum socks5_method m = socks5_choose_method(methods, needs_auth(c->all));
    int len = socks5_encode_method(out, sizeof out, m), err = 0;
    if (m == SOCKS5_METHOD_UNACCEPTABLE) {
        log_info("socks5 c=%llu state=greeting refused: no acceptable method",
                 (unsigned long long)c->id);
        say_last(c, out, len);
    } else {
        err = say(c, out, len);
        enter(c, m == SOCKS5_METHOD_USERPASS ? ST_USERPASS : ST_REQUEST);
    }
    return err ? err : n;
}

static int step_userpass(struct client *c)
{
    struct socks5_userpass up;
    uint8_t out[2];
    int n = socks5_decode_userpass(input(c), &up);
    if (n <= 0)
        return n;
    bool user_ok = is_same_secret(up.user, c->all->cfg.user);
    bool pass_ok = is_same_secret(up.pass, c->all->cfg.password);
    bool is_ok = (user_ok && pass_ok) || !needs_auth(c->all);
    int len = socks5_encode_userpass_status(out, sizeof out, is_ok), err = 0;
    if (is_ok) {
        err = say(c, out, len);
        enter(c, ST_REQUEST);
    } else {
        log_info("socks5 c=%llu state=userpass refused: wrong user or password",
                 (unsigned long long)c->id);
        say_last(c, out, len);
    }
    return err ? err : n;
}

static void succeed(struct client *c)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    struct front_open *open = c->open;
    int n = socks5_encode_reply(reply, sizeof reply, SOCKS5_REP_OK, (struct bytes){ 0 }, 0);
    int err = say(c, reply, n);

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

static void on_opened(void *arg, int err, const char *why)
{
    struct client *c = arg;
    (void)why; /* the front has logged it */

    if (!err) {
        succeed(c);
        return;
    }
    c->open = NULL;
    refuse(c, rep_of(err));
    release(c);
}

static void connect_to(struct client *c, const struct socks5_request *q)
{
    struct front_target t = { .port = q->port };

    snprintf(t.host, sizeof t.host, "%s", q->host);
    c->open = front_open(c->all->front, "socks5", &t, on_opened, c);
    if (!c->open) {
        log_warn("socks5 c=%llu refused: %s", (unsigned long long)c->id, gw_strerror(GW_ELIMIT));
        refuse(c, SOCKS5_REP_FAILURE);
        return;
    }
    ev_timer_stop(c->all->loop, &c->deadline);
    enter(c, ST_OPENING);
}

static int step_request(struct client *c)
{
    struct socks5_request q;
    int n = socks5_decode_request(input(c), &q);
    if (n == 0 || n == GW_EPROTO)
        return n;
    if (q.cmd != SOCKS5_CMD_CONNECT)
        refuse(c, SOCKS5_REP_BAD_CMD);
    else if (n < 0)
        refuse(c, rep_of(n));
    else
        connect_to(c, &q);
    return n < 0 ? (int)c->nin : n;
}

static int step_nothing(struct client *c)
{
    (void)c;
    return 0;
}

static int (*const step[])(struct client *) = {
    [ST_FIRST] = step_first,     [ST_GREETING] = step_greeting, [ST_USERPASS] = step_userpass,
    [ST_REQUEST] = step_request, [ST_OPENING] = step_nothing,   [ST_PARTED] = step_nothing,
    [ST_DEAD] = step_nothing,
};

static void run(struct client *c)
{
    for (;;) {
        enum state was = c->state;
        int n = step[was](c);
        if (c->state == ST_PARTED) {
            release(c);
            return;
        }
        if (n < 0)
            die(c, n);
        if (n < 0 || (n == 0 && c->state == was))
            return;
        c->nin -= (size_t)n;
        memmove(c->in, c->in + n, c->nin);
    }
}

/* ---- events ---- */

static struct span on_alloc(struct stream *s)
{
    struct client *c = s->owner;
    return (struct span){ c->in + c->nin, sizeof c->in - c->nin };
}

static void on_data(struct stream *s, struct bytes v)
{
    struct client *c = s->owner;
    assert(v.p == c->in + c->nin && v.n <= sizeof c->in - c->nin); /* a socket asks on_alloc */
    c->nin += v.n;
    run(c);
}

static void on_eof(struct stream *s)
{
    struct client *c = s->owner;
    c->is_at_eof = true;
    if (is_half_open(c->state))
        die(c, GW_ECLOSED);
    else if (c->state == ST_OPENING && !c->nin)
        set_deadline(c, c->all->cfg.handshake_timeout_ms);
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

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct client *c = w->data;
    (void)loop;
    (void)revents;
    die(c, c->state == ST_OPENING ? GW_ECLOSED : GW_ETIMEOUT);
}

static void drop_all(struct client *list)
{
    struct client *c, *tmp;
    DL_FOREACH_SAFE (list, c, tmp) {
        stream_drop(c->stream, GW_ECANCELED);
        release(c);
    }
}

static void config_fini(struct socks5_in_config *cfg)
{
    if (cfg->password)
        explicit_bzero((char *)cfg->password, strlen(cfg->password));
    free((char *)cfg->user);
    free((char *)cfg->password);
}

/* ---- the face ---- */

struct socks5_in *socks5_in_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                                const struct socks5_in_config *cfg)
{
    struct socks5_in *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->loop = loop;
    in->turn = turn;
    in->front = front;
    if (socks5_in_set_config(in, cfg) == 0)
        return in;
    free(in);
    return NULL;
}

void socks5_in_free(struct socks5_in *in)
{
    if (!in)
        return;
    drop_all(in->half_open);
    drop_all(in->others);
    parting_drop_all(&in->partings);
    config_fini(&in->cfg);
    free(in);
}

int socks5_in_set_config(struct socks5_in *in, const struct socks5_in_config *cfg)
{
    struct socks5_in_config copy = *cfg;

    copy.user = cfg->user ? strdup(cfg->user) : NULL;
    copy.password = cfg->password ? strdup(cfg->password) : NULL;
    if ((cfg->user && !copy.user) || (cfg->password && !copy.password)) {
        config_fini(&copy);
        return GW_ENOMEM;
    }
    config_fini(&in->cfg);
    in->cfg = copy;
    return 0;
}

void socks5_in_accept(void *socks5_in, int fd, const struct sockaddr_any *from)
{
    struct socks5_in *in = socks5_in;
    (void)from;

    if (in->nhalf_open >= in->cfg.max_half_open)
        die(in->half_open, GW_ELIMIT);
    struct stream *s = fdstream_new(in->loop, in->turn, fd, fd);
    struct client *c = s ? malloc(sizeof *c) : NULL;
    if (!c) {
        log_warn("socks5 client refused: %s", gw_strerror(GW_ENOMEM));
        if (s)
            stream_drop(s, GW_ENOMEM);
        else
            close(fd);
        return;
    }
    memset(c, 0, offsetof(struct client, in));
    c->all = in;
    c->stream = s;
    c->id = ++in->last_id;
    ev_timer_init(&c->deadline, on_deadline, 0., 0.);
    c->deadline.data = c;
    DL_APPEND(in->half_open, c);
    in->nhalf_open++;
    stream_own(s, &client_events, c);
    set_deadline(c, in->cfg.handshake_timeout_ms);
    s->ops->credit(s, 0);
}
