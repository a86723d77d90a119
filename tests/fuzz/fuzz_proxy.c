/* fuzz_proxy.c - clients of the proxy port: SOCKS5, SOCKS4a, HTTP or noise, in any pieces, while
 * what they ask for opens, fails or takes its time; and what the service then says.
 *
 * The input is a script: each step is an octet, step in the low half and client in the high half,
 * with what enum step says behind it.  A first octet that is odd demands a password. */
#include <stdlib.h>
#include <unistd.h>

#include "../unit/fake_front.h"
#include "../unit/looprun.h"
#include "base/strbuf.h"
#include "fuzz.h"
#include "gate/proxy_in.h"
#include "net/chunkq.h"
#include "script.h"

#define CLIENTS    4
#define HALF_OPEN  3
#define STEPS_MAX  128
#define TIMEOUT_MS 5000
#define QUIET_MS   20000

enum step {
    STEP_CONNECT,
    STEP_SAY,  /* length, octets */
    STEP_BULK, /* octet: 4 KiB of it */
    STEP_FIN,
    STEP_LEAVE,
    STEP_OPENED,  /* octet: 0, or why not; the oldest open that waits */
    STEP_ADDRESS, /* likewise, of a question for an address */
    STEP_ANSWER,  /* length, octets: by the service that was opened last */
    STEP_WAIT,    /* octet: a power of 2, in ms */
    STEP_COUNT,
};

static struct front front;
static struct proxy_in *proxy;
static int client[CLIENTS]; /* -1: none */

static void turns(void)
{
    static uint8_t said[65536];

    for (int i = 0; i < 4; i++)
        ev_run(loop, EVRUN_NOWAIT);
    for (size_t i = 0; i < CLIENTS; i++)
        while (client[i] >= 0 && recv(client[i], said, sizeof said, MSG_DONTWAIT) > 0)
            ;
    front.is_full = front.n == FAKE_FRONT_MAX || front.nlookups == FAKE_FRONT_MAX;
}

static void leave(size_t i)
{
    if (client[i] >= 0)
        close(client[i]);
    client[i] = -1;
}

static void connect_client(size_t i)
{
    const struct sockaddr_any from = { .sa.sa_family = AF_UNIX, .len = sizeof(sa_family_t) };
    int sv[2];

    leave(i);
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == 0);
    client[i] = sv[1];
    proxy_in_accept(proxy, sv[0], &from);
}

static void say(size_t i, struct bytes v)
{
    if (client[i] >= 0)
        (void)!send(client[i], v.p, v.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_bulk(size_t i, uint8_t octet)
{
    uint8_t v[4096];

    memset(v, octet, sizeof v);
    say(i, (struct bytes){ v, sizeof v });
}

static int err_of(uint8_t octet)
{
    static const int errs[] = { 0, GW_ENONAME, GW_EDENIED, GW_ETIMEOUT, GW_EREFUSED, GW_EUNSUP };
    return errs[octet % (sizeof errs / sizeof *errs)];
}

static void tell_opened(int err)
{
    for (size_t i = 0; i < front.n; i++) {
        const struct front_open *o = &front.open[i];
        if (o->is_opened || o->is_failed || o->is_canceled)
            continue;
        fake_front_opened(&front, i, err);
        return;
    }
}

static void tell_address(int err)
{
    static const struct ipaddr ip = { .family = 4, .b = { 127, 64, 0, 2 } };

    for (size_t i = 0; i < front.nlookups; i++) {
        if (front.lookup[i].is_told || front.lookup[i].is_canceled)
            continue;
        fake_front_address(&front, i, err, &ip);
        return;
    }
}

static void answer(struct bytes v)
{
    for (size_t i = front.n; i-- > 0;) {
        struct stream *s = front.open[i].client;
        if (!s || !v.n)
            continue;
        assert(s->ops->write(s, v) >= 0);
        return;
    }
}

static void run_step(struct rd *r)
{
    uint8_t op = rd_u8(r);
    size_t i = op / 16 % CLIENTS;

    switch ((enum step)(op % 16 % STEP_COUNT)) {
    case STEP_CONNECT:
        connect_client(i);
        break;
    case STEP_SAY:
        say(i, rd_bytes(r, rd_u8(r)));
        break;
    case STEP_BULK:
        say_bulk(i, rd_u8(r));
        break;
    case STEP_FIN:
        if (client[i] >= 0)
            shutdown(client[i], SHUT_WR);
        break;
    case STEP_LEAVE:
        leave(i);
        break;
    case STEP_OPENED:
        tell_opened(err_of(rd_u8(r)));
        break;
    case STEP_ADDRESS:
        tell_address(err_of(rd_u8(r)));
        break;
    case STEP_ANSWER:
        answer(rd_bytes(r, rd_u8(r)));
        break;
    case STEP_WAIT:
        looprun_ms(loop, 1u << rd_u8(r) % 15);
        break;
    case STEP_COUNT:
        break;
    }
}

static int page(void *arg, struct bytes path, struct bytes host, struct strbuf *out)
{
    (void)arg;
    (void)host;
    if (!bytes_eq(path, bytes_of("/")))
        return GW_ENOTFOUND;
    strbuf_puts(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return 0;
}

static void run_script(struct bytes in)
{
    struct rd r = rd_init(in);

    for (int i = 0; i < STEPS_MAX && r.left && !r.short_; i++) {
        run_step(&r);
        turns();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_in_config cfg = {
        .handshake_timeout_ms = TIMEOUT_MS, .max_half_open = HALF_OPEN, .max_udp = 2, .page = page
    };
    if (!size)
        return 0;
    if (*data % 2)
        cfg.user = cfg.password = "alice";
    script_begin();
    memset(&front, 0, sizeof front);
    memset(client, -1, sizeof client);
    proxy = proxy_in_new(loop, turn, &front, &cfg);
    assert(proxy);
    run_script((struct bytes){ data + 1, size - 1 });
    for (size_t i = 0; i < CLIENTS; i++)
        leave(i);
    looprun_ms(loop, QUIET_MS);
    fake_front_drop(&front);
    proxy_in_free(proxy);
    turns();
    script_end();
    assert(chunkq_total() == 0);
    return 0;
}
