/* ctl_session.h - one client of the control socket: lines of JSON in, lines of JSON out.
 *
 * Knows no command.  One request is carried out at a time: while one is, the next is not read.
 * A request is over with ctl_session_reply, _fail or _hand_over; until then the session is busy,
 * and ctl_session_on_cancel says what to do when the client goes away.
 *
 *   READING -> BUSY -> READING ...           a request, its answer
 *   BUSY -> HANDING -> (the new owner has the stream)
 *   READING -> CLOSING                       a line that is too long: an error, and no more
 *   any state -> DEAD                        on a fault; on_end follows from the loop
 */
#ifndef GW_CTL_CTL_SESSION_H
#define GW_CTL_CTL_SESSION_H

#include <ev.h>
#include <jansson.h>

#include "net/stream.h"
#include "net/turn.h"

#define CTL_LINE_MAX 65536 /* octets of a request with its newline */
#define CTL_IDLE_S   60    /* a client that asks nothing for so long is dropped */

struct ctl_session;

struct ctl_session_events {
    /* A request (an object; borrowed: json_incref keeps it). */
    void (*on_request)(void *arg, struct ctl_session *s, json_t *req);
    /* The session is over (closed, or its stream handed over) and freed after the call. */
    void (*on_end)(void *arg);
};

/* Takes the stream.  Borrows the rest.  Returns NULL when out of memory (the stream then stays
 * the caller's). */
struct ctl_session *ctl_session_new(struct ev_loop *loop, struct turn *turn, struct stream *stream,
                                    const struct ctl_session_events *ev, void *arg);
/* Cancels what is under way and drops the client; on_end is not called. */
void ctl_session_free(struct ctl_session *s);

/* While busy.  Each takes `v`, an object; NULL (out of memory) ends the client. */
void ctl_session_more(struct ctl_session *s,
                      json_t *v); /* a line with "more":true; the answer goes on */
void ctl_session_reply(struct ctl_session *s, json_t *v); /* the last line, with "ok":true */
/* The last line, {"ok":false,"error":...}: one sentence, cut at 1 KiB, made printable. */
void ctl_session_fail(struct ctl_session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* `fn` is called once if the session ends before the request is over.  A later call replaces the
 * earlier; the end of the request forgets it. */
void ctl_session_on_cancel(struct ctl_session *s, void (*fn)(void *arg), void *arg);

/* Answers {"ok":true}; once that has left, calls `fn` from the loop with the stream, which is
 * then fn's (events to be set at once), and the octets that the client sent behind its request
 * line (borrowed for the call, credited).  The session is gone after that.  If the client goes
 * away first, on_cancel's function is called. */
typedef void ctl_handed_fn(void *arg, struct stream *stream, struct bytes early);
void ctl_session_hand_over(struct ctl_session *s, ctl_handed_fn *fn, void *arg);

#endif
