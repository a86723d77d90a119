/* fake_host.h - the functions of host/host.h that svc calls, without a network: the test is the
 * peer. And streams in memory, of which the test holds the other end. */
#ifndef GW_TESTS_FAKE_HOST_H
#define GW_TESTS_FAKE_HOST_H

#include "host/host.h"

#define FAKE_OUT_MAX (128u << 10)

struct fake_stream {
    struct stream s;
    struct turn *turn;
    struct turn_task task;
    uint8_t out[FAKE_OUT_MAX]; /* what the owner wrote */
    size_t nout;
    size_t delivered, credited; /* octets to the owner, and what it gave back */
    bool is_started;            /* credit() was called */
    bool has_fin;               /* the owner shut down */
    bool has_eof;               /* the other end did */
    bool is_reset;
    bool is_closed; /* on_close was called */
    int err;        /* of on_close */
};

struct fake_stream *fake_stream_new(struct turn *turn);
void fake_stream_free(struct fake_stream *f); /* must be closed, or never have been owned */
void fake_stream_deliver(struct fake_stream *f, struct bytes v);
void fake_stream_eof(struct fake_stream *f);
void fake_stream_break(struct fake_stream *f, int err); /* the other end resets it */

#define FAKE_FLOWS_MAX  4
#define FAKE_DGRAMS_MAX 16

struct fake_dgram {
    uint64_t flow;
    bool is_opener; /* as given to conn_send_datagram */
    size_t n;
    uint8_t data[2048];
};

struct conn { /* zeroed but for the first ones: takes no datagrams */
    struct peerid peer;
    struct host *host;
    struct muxed_info info;
    size_t datagram_max; /* of payload */
    struct fake_flow {
        uint64_t id;
        bool is_opener;
        conn_datagram_fn *fn; /* NULL: free */
        void *arg;
    } flows[FAKE_FLOWS_MAX];
    struct fake_dgram sent[FAKE_DGRAMS_MAX]; /* the first ones */
    size_t nsent;                            /* all */
};

struct host_open {
    struct host *h;
    host_opened_fn *done;
    void *arg;
    enum host_path path;
    size_t n;
    char protocols[HOST_PROPOSALS_MAX][256];
    uint8_t first[HOST_PROPOSALS_MAX][2048];
    size_t nfirst[HOST_PROPOSALS_MAX];
};

struct host *fake_host_new(struct ev_loop *loop, struct turn *turn);
void fake_host_free(struct host *h);

/* A peer opens a stream.  False: the protocol is not served to it. */
bool fake_host_accept(struct host *h, struct conn *c, struct fake_stream *f, const char *protocol,
                      struct bytes early);

/* The one host_open that waits; NULL when there is none. */
const struct host_open *fake_host_pending(const struct host *h);
void fake_host_opened(struct host *h, int err, struct conn *c, struct fake_stream *f,
                      const char *protocol, struct bytes early);

/* A datagram comes from the peer.  False: no such flow is bound. */
bool fake_conn_deliver(struct conn *c, uint64_t id, bool is_opener, struct bytes v);

void fake_host_set_tried(struct host *h, size_t tried);    /* what host_open_tried says */
void fake_host_set_last_seen(struct host *h, uint64_t ms); /* what host_last_seen_ms says */

/* Runs the loop until *flag, or for LOOPRUN_DEADLINE_MS.  Returns *flag. */
bool fake_run_until(struct ev_loop *loop, const bool *flag);
void fake_run_ms(struct ev_loop *loop, unsigned ms);

#endif
