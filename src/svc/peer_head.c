/* peer_head.c - see peer_head.h. */
#include "svc/peer_head.h"

#include <assert.h>

static const char peer_field[] = "X-Gw-Peer", peer_like[] = "x-gw-peer";

static void put(struct wr *w, const char *text)
{
    wr_bytes(w, bytes_of(text));
}

static bool is_left_out(struct bytes name)
{
    return http1_is_like(name, peer_like) || http1_is(name, "Connection") ||
           http1_is(name, "Upgrade") || http1_is(name, "HTTP2-Settings");
}

static void put_connection(struct wr *w, const struct http1_head *h, bool grants_upgrade)
{
    static const char *const kept[] = { "close", "keep-alive", "te" };
    const char *before = "Connection: ";

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (!http1_has_token(h, "Connection", kept[i]))
            continue;
        put(w, before);
        put(w, kept[i]);
        before = ", ";
    }
    if (grants_upgrade) {
        put(w, before);
        put(w, "Upgrade\r\nUpgrade: websocket");
        before = ", ";
    }
    if (*before == ',')
        put(w, "\r\n");
}

bool peer_head_asks_upgrade(const struct http1_head *h)
{
    struct http1_body body;
    return h->minor == 1 && bytes_eq(h->method, bytes_of("GET")) &&
           http1_has_token(h, "Connection", "upgrade") &&
           http1_has_token(h, "Upgrade", "websocket") && http1_body_of(h, &body) == 0 &&
           http1_body_is_over(&body);
}

size_t peer_head_encode(uint8_t dst[PEER_HEAD_MAX], const struct http1_head *h, const char *peer,
                        bool grants_upgrade)
{
    struct wr w = wr_init((struct span){ dst, PEER_HEAD_MAX });

    wr_bytes(&w, h->method);
    put(&w, " ");
    wr_bytes(&w, h->target);
    put(&w, h->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    put(&w, peer_field);
    put(&w, ": ");
    put(&w, peer);
    put(&w, "\r\n");
    for (size_t i = 0; i < h->nfields; i++) {
        if (is_left_out(h->fields[i].name))
            continue;
        wr_bytes(&w, h->fields[i].name);
        put(&w, ": ");
        wr_bytes(&w, h->fields[i].value);
        put(&w, "\r\n");
    }
    put_connection(&w, h, grants_upgrade);
    put(&w, "\r\n");
    assert(!w.full); /* one octet more per field than came, and three lines */
    return PEER_HEAD_MAX - w.left;
}
