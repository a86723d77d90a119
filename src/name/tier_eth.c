/* tier_eth.c - see tier_eth.h. */
#include "name/tier_eth.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/headroom.h"
#include "base/hex.h"
#include "base/log.h"
#include "name/errands.h"
#include "name/tier_direct.h"
#include "name/tier_exec.h"
#include "net/fetch.h"
#include "wire/eth_abi.h"

/* The first four octets of the Keccak-256 of "resolve(string)"; js-sha3 and ethers agree. */
#define RESOLVE_STRING 0x461a4478u

#define RESULT_MAX     (2 * ETH_ABI_WORD + TIER_EXEC_OUT_MAX) /* octets of the contract's answer */
#define ANSWER_MAX     (2 * RESULT_MAX + 4096)                /* of the JSON that holds them */
#define WHY_MAX        192

struct tier_eth {
    char *rpc, *contract;
    struct errands errands;
};

/* What went wrong on the way to the node, as a phrase. */
static const char *why_no_answer(int err)
{
    switch (err) {
    case GW_ENOTFOUND:
        return "there is no curl on this machine";
    case GW_EUNREACH:
        return "the host of rpc is not known";
    case GW_EREFUSED:
        return "no node listens at rpc";
    case GW_EDENIED:
        return "the node refuses the request";
    case GW_EIDENTITY:
        return "TLS with the node fails";
    case GW_ETIMEOUT:
        return "the node does not answer in time";
    case GW_ELIMIT:
        return "the node's answer is too long";
    default:
        return "the node cannot be asked";
    }
}

/* The octets that eth_call returns, out of the node's answer.  A view into `room`. */
static int take_result(const json_t *answer, uint8_t room[RESULT_MAX], struct bytes *out,
                       char why[WHY_MAX])
{
    const json_t *error = json_object_get(answer, "error");
    const char *said = json_string_value(json_object_get(error, "message"));
    const char *result = json_string_value(json_object_get(answer, "result"));

    if (said) {
        snprintf(why, WHY_MAX, "the node says: %s", log_esc(bytes_of(said)));
        return GW_EREFUSED;
    }
    int n = result ? hex0x_read(bytes_of(result), room, RESULT_MAX) : GW_EPROTO;
    if (n < 0) {
        snprintf(why, WHY_MAX, "the node's answer is not one of eth_call");
        return GW_EPROTO;
    }
    if (n == 0) {
        snprintf(why, WHY_MAX, "no contract with resolve(string) has this address");
        return GW_EPROTO;
    }
    *out = (struct bytes){ room, (size_t)n };
    return 0;
}

/* Reads a node's answer. */
static int read_answer(struct bytes body, struct name_answer *a, char why[WHY_MAX])
{
    uint8_t room[RESULT_MAX];
    struct bytes result = { 0 }, line = { 0 };

    if (!headroom_is_there())
        return GW_ENOMEM;
    json_t *json = json_loadb((const char *)body.p, body.n, 0, NULL);
    int err = take_result(json, room, &result, why);

    json_decref(json);
    if (err)
        return err;
    err = eth_abi_decode_string(result, &line);
    if (!err)
        err = tier_exec_read(line, a);
    if (err == GW_ENONAME)
        snprintf(why, WHY_MAX, "the contract knows none");
    else if (err)
        snprintf(why, WHY_MAX, "the contract's answer is not PEER-ID [MULTIADDR...] [ttl=SECONDS]");
    return err;
}

static void on_done(void *arg, int err, struct bytes body)
{
    struct errand *e = arg;
    struct name_answer a = { 0 };
    char why[WHY_MAX] = "";

    if (err)
        snprintf(why, sizeof why, "%s", why_no_answer(err));
    else
        err = read_answer(body, &a, why);
    tier_answer(errand_end(e), err, err ? NULL : &a, err ? why : NULL);
}

static int start(struct errand *e)
{
    const struct tier_eth *t = e->of->tier;
    uint8_t call[ETH_ABI_CALL(NAME_MAX_OCTETS)];
    char data[2 + 2 * sizeof call + 1], body[sizeof data + 256];

    int n = eth_abi_encode_call(call, sizeof call, RESOLVE_STRING, bytes_of(e->name.text));
    hex0x_write(data, sizeof data, (struct bytes){ call, (size_t)n });
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\","
             "\"params\":[{\"to\":\"%s\",\"data\":\"%s\"},\"latest\"]}",
             t->contract, data);
    const struct fetch_req req = {
        .url = t->rpc, .body = bytes_of(body), .max = ANSWER_MAX, .timeout_ms = TIER_ETH_MS
    };
    e->run = fetch_start(e->of->loop, &req, on_done, e);
    return e->run ? 0 : GW_ENOMEM;
}

static void stop(void *run)
{
    fetch_cancel(run);
}

static const struct errand_ops runs = { .start = start, .cancel = stop };

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_eth *t = tier;

    if (tier_direct_owns(n))
        tier_answer(q, GW_EUNSUP, NULL, NULL);
    else
        errands_lookup(&t->errands, n, q);
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_eth *t = tier;
    errands_cancel(&t->errands, q);
}

const struct tier_ops tier_eth_ops = {
    .name = "Ethereum", .timeout_ms = TIER_ETH_MS + 500, .lookup = lookup, .cancel = cancel
};

struct tier_eth *tier_eth_new(struct ev_loop *loop, const char *rpc, const char *contract)
{
    struct tier_eth *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    errands_init(&t->errands, loop, &runs, t);
    t->rpc = strdup(rpc);
    t->contract = strdup(contract);
    if (t->rpc && t->contract)
        return t;
    tier_eth_free(t);
    return NULL;
}

void tier_eth_free(struct tier_eth *t)
{
    if (!t)
        return;
    errands_fini(&t->errands);
    free(t->rpc);
    free(t->contract);
    free(t);
}

bool tier_eth_address_ok(const char *text)
{
    return !strncmp(text, "0x", 2) && strspn(text + 2, "0123456789abcdefABCDEF") == 40 && !text[42];
}
