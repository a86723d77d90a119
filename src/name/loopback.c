/* loopback.c - see loopback.h. */
#include "name/loopback.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "net/sockaddr.h"

#define ADDRS       65536u                                         /* in the network */
#define LINE_OCTETS (sizeof "255.255.255.255 \n" + PEERID_STR_MAX) /* octets of a line */

struct entry {
    struct peerid peer;
    uint16_t xy;            /* of A.B.x.y, x first */
    UT_hash_handle by_peer; /* in the order of adding */
    UT_hash_handle by_addr;
};

struct loopback {
    char *path;
    struct ipaddr net; /* A.B.0.0 */
    bool is_broken;    /* the file is there and cannot be read: it is left as it is */
    int save_err;      /* of the last time: the same one is not logged again */
    struct entry *peers, *addrs;
};

/* FNV-1a, folded to 16 bits.  Not to be changed: addresses would move. */
static uint16_t hash_of(const struct peerid *peer)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < peer->n; i++)
        h = (h ^ peer->mh[i]) * 16777619u;
    return (uint16_t)(h ^ h >> 16);
}

static struct entry *find_addr(const struct loopback *l, uint16_t xy)
{
    struct entry *e;
    HASH_FIND(by_addr, l->addrs, &xy, sizeof xy, e);
    return e;
}

static struct entry *find_peer(const struct loopback *l, const struct peerid *peer)
{
    struct entry *e;
    HASH_FIND(by_peer, l->peers, peer, sizeof *peer, e);
    return e;
}

/* The first and the last address of a network are nobody's. */
static bool is_usable(uint32_t xy)
{
    return xy > 0 && xy < ADDRS - 1;
}

/* 0, GW_EEXISTS (the peer or the address), GW_ELIMIT or GW_ENOMEM. */
static int add(struct loopback *l, const struct peerid *peer, uint16_t xy)
{
    if (find_peer(l, peer) || find_addr(l, xy))
        return GW_EEXISTS;
    if (HASH_CNT(by_peer, l->peers) >= LOOPBACK_MAX)
        return GW_ELIMIT;
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return GW_ENOMEM;
    e->peer = *peer;
    e->xy = xy;
    HASH_ADD(by_peer, l->peers, peer, sizeof e->peer, e);
    if (!e->by_peer.tbl) {
        free(e);
        return GW_ENOMEM;
    }
    HASH_ADD(by_addr, l->addrs, xy, sizeof e->xy, e);
    if (!e->by_addr.tbl) {
        HASH_DELETE(by_peer, l->peers, e);
        free(e);
        return GW_ENOMEM;
    }
    return 0;
}

/* The last two octets of an IPv4 address. */
static uint16_t xy_of(const struct ipaddr *ip)
{
    return (uint16_t)(ip->b[2] << 8 | ip->b[3]);
}

/* Returns NULL, or what is wrong with the line. */
static const char *take_line(struct loopback *l, char *line)
{
    struct ipaddr ip;
    struct peerid peer;
    const char *addr = fileio_next_word(&line), *id = fileio_next_word(&line);

    if (!addr || sockaddr_parse_ip(addr, &ip) != 0 || ip.family != 4 || !is_usable(xy_of(&ip)))
        return "not an IPv4 address of a host in a /16 network";
    if (!id || peerid_parse(bytes_of(id), &peer) != 0)
        return "a peer id must follow the address";
    int err = add(l, &peer, xy_of(&ip));
    return err ? gw_strerror(err) : NULL;
}

static void load(struct loopback *l)
{
    char *text, *line;
    size_t n;
    int err = fileio_read(l->path, &text, &n);

    l->is_broken = err && err != GW_ENOTFOUND;
    if (l->is_broken)
        log_error("loopback %s: %s: addresses hold for this run", l->path, gw_strerror(err));
    if (err)
        return;
    char *at = text;
    for (unsigned no = 1; (line = fileio_next_line(&at)) != NULL; no++) {
        const char *why = *line ? take_line(l, line) : NULL;
        if (why)
            log_warn("loopback %s:%u: left out: %s", l->path, no, why);
    }
    free(text);
}

static void save(struct loopback *l)
{
    size_t cap = HASH_CNT(by_peer, l->peers) * LINE_OCTETS, n = 0;
    char id[PEERID_STR_MAX];
    char *text = malloc(cap);
    int err = text ? 0 : GW_ENOMEM;

    for (const struct entry *e = l->peers; text && e; e = e->by_peer.next)
        n += (size_t)snprintf(text + n, cap - n, "%d.%d.%d.%d %s\n", l->net.b[0], l->net.b[1],
                              e->xy >> 8, e->xy & 0xff, peerid_print(&e->peer, id));
    if (text)
        err = fileio_replace(l->path, (struct bytes){ (const uint8_t *)text, n }, 0600);
    if (err && err != l->save_err)
        log_warn("loopback %s: not written: %s", l->path, gw_strerror(err));
    l->save_err = err;
    free(text);
}

struct loopback *loopback_new(const char *path)
{
    struct loopback *l = calloc(1, sizeof *l);
    if (!l || !(l->path = strdup(path))) {
        free(l);
        return NULL;
    }
    int err = loopback_parse_net(LOOPBACK_NET, &l->net);
    assert(!err);
    (void)err;
    load(l);
    return l;
}

void loopback_free(struct loopback *l)
{
    struct entry *e, *next;

    if (!l)
        return;
    HASH_CLEAR(by_addr, l->addrs);
    HASH_ITER (by_peer, l->peers, e, next) {
        HASH_DELETE(by_peer, l->peers, e);
        free(e);
    }
    free(l->path);
    free(l);
}

int loopback_parse_net(const char *text, struct ipaddr *out)
{
    char addr[sizeof "255.255.0.0"];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : 0;

    if (!slash || strcmp(slash, "/16") != 0 || n >= sizeof addr)
        return GW_ESYNTAX;
    snprintf(addr, sizeof addr, "%.*s", (int)n, text);
    if (sockaddr_parse_ip(addr, out) != 0 || out->family != 4 || xy_of(out))
        return GW_ESYNTAX;
    bool is_local = out->b[0] == 127 && out->b[1] == 0;
    return out->b[0] == 0 || out->b[0] >= 224 || is_local ? GW_EINVAL : 0;
}

void loopback_set_net(struct loopback *l, const struct ipaddr *net)
{
    l->net = *net;
}

void loopback_get_net(const struct loopback *l, struct ipaddr *out)
{
    *out = l->net;
}

int loopback_addr(struct loopback *l, const struct peerid *peer, struct ipaddr *out)
{
    const struct entry *e = find_peer(l, peer);
    uint16_t xy = e ? e->xy : hash_of(peer);

    if (!e) {
        while (!is_usable(xy) || find_addr(l, xy)) /* LOOPBACK_MAX is less than there are */
            xy++;
        int err = add(l, peer, xy);
        if (err)
            return err;
        if (!l->is_broken)
            save(l);
    }
    *out = l->net;
    out->b[2] = (uint8_t)(xy >> 8);
    out->b[3] = (uint8_t)xy;
    return 0;
}

bool loopback_has(const struct loopback *l, const struct peerid *peer)
{
    return find_peer(l, peer) != NULL;
}

bool loopback_is(const struct loopback *l, const struct ipaddr *ip)
{
    return ip->family == 4 && ip->b[0] == l->net.b[0] && ip->b[1] == l->net.b[1];
}

bool loopback_peer(const struct loopback *l, const struct ipaddr *ip, struct peerid *out)
{
    const struct entry *e = loopback_is(l, ip) ? find_addr(l, xy_of(ip)) : NULL;
    if (!e)
        return false;
    *out = e->peer;
    return true;
}
