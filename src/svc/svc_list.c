#include "svc/svc_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "net/timer.h"
#include "svc/svc_proto.h"
#include "wire/svcquery_msg.h"

#define REQUEST_MS 10000
#define ENTRY_MAX  256 /* octets of one service in JSON, more than enough */

struct asker { /* a stream whose request is not complete yet */
    struct asker *prev, *next;
    struct svc_list *list;
    struct stream *s;
    struct peerid peer;
    uint8_t request[SVCQUERY_REQUEST_LEN];
    size_t n;
    struct timer deadline;
};

struct svc_list {
    struct ev_loop *loop;
    const struct registry *services;
    struct authz *authz;
    struct asker *askers;
};

static void print_service(FILE *f, const struct service *s)
{
    char id[SVC_PROTO_MAX];
    fprintf(f, "{\"name\":\"%s\",", s->name);
    if (s->target.len)
        fprintf(f, "\"protocol\":\"%s\",", svc_proto_print(SVC_PROTO_SHURLI, s->name, id));
    if (s->port)
        fprintf(f, "\"port\":%u,", s->port);
    if (s->udp_target.len)
        fputs("\"udp\":true,", f);
    fputs("\"enabled\":true}", f);
}

int svc_list_print(const struct registry *services, struct authz *authz,
                   const struct peerid *caller, char **out, size_t *n)
{
    FILE *f = open_memstream(out, n);
    if (!f)
        return GW_ENOMEM;
    const char *sep = "";
    fputc('[', f);
    for (size_t i = 0; i < registry_count(services) && ftell(f) < SVCQUERY_BODY_MAX - ENTRY_MAX;
         i++) {
        const struct service *s = registry_at(services, i);
        if (!s->is_enabled || authz_allows(authz, caller, s, NULL) != 0)
            continue;
        fputs(sep, f);
        print_service(f, s);
        sep = ",";
    }
    fputc(']', f);
    bool failed = ferror(f) != 0;
    if (fclose(f) != 0 || failed) {
        free(*out);
        return GW_ENOMEM;
    }
    return 0;
}

static void release(struct asker *q)
{
    timer_stop(&q->deadline);
    DL_DELETE(q->list->askers, q);
    free(q);
}

static void end(struct asker *q, int err)
{
    stream_drop(q->s, err);
    release(q);
}

static void answer(struct asker *q)
{
    char *json = NULL;
    size_t n = 0;
    uint8_t *words = NULL;
    int err = svc_list_print(q->list->services, q->list->authz, &q->peer, &json, &n);
    if (!err && !(words = malloc(SVCQUERY_HEADER_LEN + n)))
        err = GW_ENOMEM;
    if (err) {
        end(q, err);
        free(json);
        return;
    }
    struct svcquery_answer a = { .body = { (uint8_t *)json, n } };
    int used = svcquery_encode_answer(words, SVCQUERY_HEADER_LEN + n, &a);
    log_info("svc_list peer=%s asked for the services", peerid_short(&q->peer));
    parting_start(q->list->loop, q->s, (struct bytes){ words, used > 0 ? (size_t)used : 0 },
                  PARTING_MS, GW_ETIMEOUT, NULL);
    release(q);
    free(words);
    free(json);
}

/* q may be gone afterwards. */
static void take(struct asker *q, struct bytes v)
{
    for (size_t i = 0; i < v.n && q->n < sizeof q->request; i++)
        q->request[q->n++] = v.p[i];
    int used = svcquery_decode_request((struct bytes){ q->request, q->n });
    if (used < 0)
        end(q, used);
    else if (used > 0)
        answer(q);
}

static void on_data(struct stream *s, struct bytes v)
{
    take(s->owner, v);
}

static void on_eof(struct stream *s)
{
    end(s->owner, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events asker_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    end(arg, GW_ETIMEOUT);
}

static void on_query(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    struct svc_list *l = arg;
    struct asker *q = calloc(1, sizeof *q);
    (void)protocol;
    if (!q) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    q->list = l;
    q->s = s;
    q->peer = *conn_peer(c);
    timer_init(&q->deadline, q->list->loop, on_deadline, q);
    timer_start(&q->deadline, REQUEST_MS);
    DL_APPEND(l->askers, q);
    stream_own(s, &asker_events, q);
    s->ops->credit(s, 0);
    take(q, early);
}

struct svc_list *svc_list_new(struct host *h, const struct registry *services, struct authz *authz)
{
    struct svc_list *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->loop = host_loop(h);
    l->services = services;
    l->authz = authz;
    if (host_handle(h, SVCQUERY_PROTOCOL, NULL, on_query, l) != 0) {
        free(l);
        return NULL;
    }
    return l;
}

void svc_list_free(struct svc_list *l)
{
    if (!l)
        return;
    while (l->askers)
        end(l->askers, GW_ECLOSED);
    free(l);
}
