/* ctl_dht.c - see ctl_dht.h. */
#include "ctl/ctl_dht.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hex.h"
#include "id/share_code.h"

#define SHARE_S     3600 /* so long a code leads to us, unless told otherwise */
#define SHARE_MAX_S 86400

struct dht_key {
    size_t n;
    uint8_t b[KAD_MSG_KEY_MAX];
};

struct asking { /* one request to the DHT, or several in turn */
    const struct ctl_deps *deps;
    struct ctl_session *session;
    struct kad_request *request;
    uint64_t start_ns;
    size_t key, nkeys; /* of get: a name has a key for each relay */
    struct dht_key keys[NETWORK_RELAYS_MAX];
    char code[SHARE_CODE_STR_MAX]; /* of share */
    uint64_t expires_s;
    struct share_code with; /* of meet */
};

static struct bytes key_bytes(const struct dht_key *k)
{
    return (struct bytes){ k->b, k->n };
}

/* ---- keys ---- */

static bool read_key(const char *text, struct dht_key *out)
{
    size_t n = strlen(text);

    if (text[0] == '0' && text[1] == 'x') {
        int octets = hex0x_read(bytes_of(text), out->b, sizeof out->b);
        out->n = octets > 0 ? (size_t)octets : 0;
        return out->n > 0;
    }
    if (!n || n > sizeof out->b)
        return false;
    memcpy(out->b, text, n);
    out->n = n;
    return true;
}

/* The keys that HOST.NETWORK has at the relays of the network; none when it is no such name. */
static size_t name_keys(const struct ctl_deps *d, const char *text, struct dht_key *out)
{
    struct name n;

    if (name_parse(bytes_of(text), &n) != 0 || n.nlabels != 2)
        return 0;
    const struct network *net = networks_find(d->networks, name_label(&n, 1));
    for (size_t i = 0; net && i < net->nrelays; i++) {
        name_record_key(&net->relays[i].peer, name_label(&n, 0), out[i].b);
        out[i].n = NAME_RECORD_KEY;
    }
    return net ? net->nrelays : 0;
}

static size_t keys_to_get(const struct ctl_deps *d, const char *text, struct dht_key *out)
{
    size_t n = name_keys(d, text, out);
    struct peerid id;

    if (n)
        return n;
    if (peerid_parse(bytes_of(text), &id) == 0) {
        name_record_key(&id, (struct bytes){ 0 }, out->b);
        out->n = NAME_RECORD_KEY;
        return 1;
    }
    return read_key(text, out);
}

/* ---- answers ---- */

static json_t *addr_list(const struct multiaddr *addrs, size_t n)
{
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(multiaddr_print(&addrs[i], text)));
    return list;
}

static json_t *contact_object(const struct kad_contact *c)
{
    char id[PEERID_STR_MAX];
    return json_pack("{s:s, s:o}", "peer", peerid_print(&c->peer, id), "addrs",
                     addr_list(c->addrs, c->naddrs));
}

static json_t *base64_string(struct bytes v)
{
    char text[BASE64_LEN(KAD_MSG_VALUE_MAX)];

    if (v.n > KAD_MSG_VALUE_MAX)
        return NULL;
    base64_encode(v, text);
    return json_stringn(text, BASE64_LEN(v.n));
}

/* Puts "record" into the answer if the value is one.  Its name is of an owner we may not know. */
static void put_record(json_t *answer, struct bytes value)
{
    struct name_record r;
    char owner[PEERID_STR_MAX], peer[PEERID_STR_MAX];

    if (name_record_open(value, (uint64_t)clock_wall_s(), &r) != 0)
        return;
    json_object_set_new(answer, "record",
                        json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "name", r.name, "owner",
                                  peerid_print(&r.owner, owner), "peer",
                                  peerid_print(&r.peer, peer), "sequence", (json_int_t)r.sequence,
                                  "expires_s", (json_int_t)r.expires_s, "addrs",
                                  addr_list(r.addrs, r.naddrs)));
}

/* In the words of the DHT: no name was looked up here, and no tier asked. */
static const char *why(int err)
{
    switch (err) {
    case 0:
        return "";
    case GW_ENONAME:
        return "nobody has it";
    case GW_ENETDOWN:
        return "no DHT server is known";
    case GW_EINVAL:
        return "not a signed record that belongs under this key";
    default:
        return gw_strerror(err);
    }
}

static json_t *answer_of(const struct asking *a, const struct kad_result *r)
{
    json_t *peers = json_array();

    for (size_t i = 0; i < r->npeers; i++)
        json_array_append_new(peers, contact_object(&r->peers[i]));
    json_t *answer = json_pack(
        "{s:b, s:s, s:I, s:i, s:i, s:i, s:o}", "found", !r->err, "error", why(r->err), "took_us",
        (json_int_t)((clock_mono_ns() - a->start_ns) / 1000), "asked", (int)r->asked, "answered",
        (int)r->answered, "hops", (int)r->hops, "peers", peers);
    if (answer && !r->err && r->value.n) {
        json_object_set_new(answer, "value", base64_string(r->value));
        put_record(answer, r->value);
    }
    return answer;
}

static void release(struct asking *a)
{
    share_code_wipe(&a->with);
    free(a);
}

static void on_cancel(void *arg)
{
    struct asking *a = arg;

    kad_cancel(a->request);
    release(a);
}

static void on_done(void *arg, const struct kad_result *r)
{
    struct asking *a = arg;

    ctl_session_reply(a->session, answer_of(a, r));
    release(a);
}

/* A name is looked for under the next relay's key. */
static void on_got(void *arg, const struct kad_result *r)
{
    struct asking *a = arg;

    a->request = NULL;
    if (r->err == GW_ENONAME && ++a->key < a->nkeys)
        a->request = kad_get(a->deps->kad, key_bytes(&a->keys[a->key]), on_got, a);
    if (!a->request)
        on_done(a, r);
}

/* ---- requests ---- */

/* NULL: it has been answered. */
static struct asking *begin(const struct ctl_deps *d, struct ctl_session *s)
{
    struct asking *a = d->kad ? calloc(1, sizeof *a) : NULL;

    if (!a) {
        ctl_session_fail(s, "%s", d->kad ? gw_strerror(GW_ENOMEM) : "[dht] mode is off");
        return NULL;
    }
    a->deps = d;
    a->session = s;
    a->start_ns = clock_mono_ns();
    return a;
}

/* Takes `a`: waits for its request. */
static void wait_for(struct asking *a)
{
    if (a->request) {
        ctl_session_on_cancel(a->session, on_cancel, a);
        return;
    }
    ctl_session_fail(a->session, "%s", gw_strerror(GW_ENOMEM));
    release(a);
}

static const char *text_of(json_t *req, const char *key)
{
    const char *text = json_string_value(json_object_get(req, key));
    return text ? text : "";
}

/* Reads req.key.  False: the request has failed. */
static bool take_key(struct ctl_session *s, json_t *req, struct dht_key *out)
{
    if (read_key(text_of(req, "key"), out))
        return true;
    ctl_session_fail(s, "a key is text of at most %d octets, or 0x and hexadecimal digits",
                     KAD_MSG_KEY_MAX);
    return false;
}

void ctl_dht_find(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct peerid id;

    if (peerid_parse(bytes_of(text_of(req, "peer")), &id) != 0) {
        ctl_session_fail(s, "%s is not a peer id", text_of(req, "peer"));
        return;
    }
    struct asking *a = begin(d, s);
    if (!a)
        return;
    a->request = kad_find(d->kad, &id, on_done, a);
    wait_for(a);
}

void ctl_dht_get(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct asking *a = begin(d, s);

    if (!a)
        return;
    a->nkeys = keys_to_get(d, text_of(req, "key"), a->keys);
    if (!a->nkeys) {
        ctl_session_fail(s, "%s is not a key", text_of(req, "key"));
        release(a);
        return;
    }
    a->request = kad_get(d->kad, key_bytes(&a->keys[0]), on_got, a);
    wait_for(a);
}

void ctl_dht_put(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    uint8_t value[KAD_MSG_VALUE_MAX];
    struct dht_key key;

    if (!take_key(s, req, &key))
        return;
    int n = base64_decode(bytes_of(text_of(req, "value")), value, sizeof value);
    if (n <= 0) {
        ctl_session_fail(s, "a value is base64 of 1 to %d octets", KAD_MSG_VALUE_MAX);
        return;
    }
    struct asking *a = begin(d, s);
    if (!a)
        return;
    a->request = kad_put(d->kad, key_bytes(&key), (struct bytes){ value, (size_t)n }, on_done, a);
    wait_for(a);
}

typedef struct kad_request *key_fn(struct kad *k, struct bytes key, kad_done_fn *done, void *arg);

static void ask_key(const struct ctl_deps *d, struct ctl_session *s, json_t *req, key_fn *fn)
{
    struct dht_key key;
    struct asking *a = take_key(s, req, &key) ? begin(d, s) : NULL;

    if (!a)
        return;
    a->request = fn(d->kad, key_bytes(&key), on_done, a);
    wait_for(a);
}

void ctl_dht_provide(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ask_key(d, s, req, kad_provide);
}

void ctl_dht_providers(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ask_key(d, s, req, kad_providers);
}

/* ---- codes ---- */

static void on_shared(void *arg, const struct kad_result *r)
{
    struct asking *a = arg;
    json_t *answer = answer_of(a, r);

    if (!r->err) {
        json_object_set_new(answer, "code", json_string(a->code));
        json_object_set_new(answer, "expires_s", json_integer((json_int_t)a->expires_s));
    }
    ctl_session_reply(a->session, answer);
    release(a);
}

/* Puts a record that the code leads to. */
static struct kad_request *share(struct asking *a, uint64_t life_s)
{
    const struct ctl_deps *d = a->deps;
    uint64_t now_s = (uint64_t)clock_wall_s();
    struct multiaddr addrs[SHARE_CODE_ADDRS_MAX];
    size_t naddrs = announce_afar(d->announce, addrs, SHARE_CODE_ADDRS_MAX);
    uint8_t key[NAME_RECORD_KEY], record[NAME_RECORD_MAX];

    share_code_draw(a->code);
    a->expires_s = now_s + life_s;
    if (share_code_read(&a->with, a->code) != 0)
        return NULL;
    int n = share_code_seal(&a->with, host_peerid(d->host), addrs, naddrs, now_s, a->expires_s,
                            record, sizeof record);
    share_code_key(&a->with, key);
    return n < 0 ? NULL
                 : kad_put(d->kad, (struct bytes){ key, sizeof key },
                           (struct bytes){ record, (size_t)n }, on_shared, a);
}

void ctl_dht_share(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const json_t *life = json_object_get(req, "life_s");
    json_int_t life_s = life ? json_integer_value(life) : SHARE_S;

    if (life_s < 1 || life_s > SHARE_MAX_S) {
        ctl_session_fail(s, "a code leads to us for 1 to %d seconds", SHARE_MAX_S);
        return;
    }
    struct asking *a = begin(d, s);
    if (!a)
        return;
    a->request = share(a, (uint64_t)life_s);
    wait_for(a);
}

static void on_met(void *arg, const struct kad_result *r)
{
    struct asking *a = arg;
    json_t *answer = answer_of(a, r);
    char id[PEERID_STR_MAX];
    struct name_record met;
    int err = r->err ? r->err : share_code_open(&a->with, r->value, (uint64_t)clock_wall_s(), &met);

    json_object_del(answer, "value");
    json_object_del(answer, "record");
    if (err) {
        const char *said = err == GW_ENONAME ? "nobody knows this code, or not any more"
                           : r->err          ? why(err)
                                             : gw_strerror(err);
        json_object_set_new(answer, "found", json_false());
        json_object_set_new(answer, "error", json_string(said));
    } else {
        json_object_set_new(answer, "peer", json_string(peerid_print(&met.peer, id)));
        json_object_set_new(answer, "addrs", addr_list(met.addrs, met.naddrs));
        for (size_t i = met.naddrs; i-- > 0;)
            host_learn_addr(a->deps->host, &met.peer, &met.addrs[i]);
    }
    ctl_session_reply(a->session, answer);
    release(a);
}

void ctl_dht_meet(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    uint8_t key[NAME_RECORD_KEY];
    struct asking *a = begin(d, s);

    if (!a)
        return;
    if (share_code_read(&a->with, text_of(req, "code")) != 0) {
        ctl_session_fail(s, "a code has 12 characters, a to z and 2 to 7");
        release(a);
        return;
    }
    share_code_key(&a->with, key);
    a->request = kad_get(d->kad, (struct bytes){ key, sizeof key }, on_met, a);
    wait_for(a);
}

static void add_contact(void *arg, const struct kad_contact *c, uint64_t heard_ms)
{
    uint64_t now_ms = clock_mono_ms();
    json_t *v = contact_object(c);

    json_object_set_new(
        v, "heard_s",
        json_integer((json_int_t)(now_ms > heard_ms ? (now_ms - heard_ms) / 1000 : 0)));
    json_array_append_new(arg, v);
}

void ctl_dht_status(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct kad_stats st = { 0 };
    json_t *peers = json_array();
    const char *mode = "off";

    (void)req;
    if (d->kad) {
        kad_stats(d->kad, &st);
        kad_each_contact(d->kad, add_contact, peers);
        mode = st.is_server ? "server" : "client";
    }
    ctl_session_reply(
        s, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "mode", mode, "contacts",
                     (json_int_t)st.contacts, "records", (json_int_t)st.records, "provided",
                     (json_int_t)st.provided, "published", (json_int_t)st.published, "lookups",
                     (json_int_t)st.lookups, "met", (json_int_t)st.found, "peers", peers));
}
