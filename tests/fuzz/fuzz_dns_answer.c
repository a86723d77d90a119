/* fuzz_dns_answer.c - whatever asks, the answer is a message that reads, with the id and the
 * question of the query, within the limit; a subject is text of the question's name. */
#include "fuzz.h"
#include "gate/dns_answer.h"

static const struct ipaddr net = { .family = 4, .b = { 127, 64 } };
static const struct ipaddr addr = { .family = 4, .b = { 127, 64, 1, 2 } };
static const struct virtual_service services[] = {
    { "ssh", 22, false }, { "a", 53, true }, { "a", 53, false }, { "", 8022, false }
};

static void check_answer(const struct dns_query *q, struct bytes answer, size_t limit)
{
    struct dns_question asked;
    struct dns_record r;
    struct dns_msg m;
    size_t nopts = 0;
    int rc;

    assert(answer.n <= limit && dns_msg_read(answer, &m) == 0);
    assert(m.id == q->id && m.flags & DNS_IS_ANSWER);
    assert((m.flags & (DNS_OPCODE | DNS_WANTS_RECURSION)) ==
           (q->flags & (DNS_OPCODE | DNS_WANTS_RECURSION)));
    assert(dns_msg_question(&m, &asked) == q->has_question);
    if (q->has_question) {
        assert(asked.type == q->question.type && asked.class_ == q->question.class_);
        assert(asked.name.n == q->question.name.n); /* in the same case, RFC 4343 s.4.1 */
        assert(memcmp(asked.name.b, q->question.name.b, asked.name.n) == 0);
    }
    while ((rc = dns_msg_record(&m, &r)) == 1) {
        nopts += r.type == DNS_OPT;
        assert(r.type == DNS_OPT || !(m.flags & DNS_IS_TRUNCATED));
    }
    assert(rc == 0 && nopts == q->has_opt);
}

static void check_subject(const struct dns_subject *s)
{
    struct name n;

    assert(!*s->host || name_parse(bytes_of(s->host), &n) == 0);
    assert(!*s->tail || name_parse(bytes_of(s->tail), &n) == 0);
    assert(!*s->service || service_name_ok(bytes_of(s->service)));
    assert(!s->ip.family || (s->ip.b[0] == 127 && s->ip.b[1] == 64));
    if (s->about == DNS_ABOUT_HOST || s->about == DNS_ABOUT_SERVICE)
        assert(!*s->host || strcmp(s->host, s->tail) == 0);
    else
        assert(!*s->host && !*s->tail);
}

/* The last octet chooses what is known. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[DNS_ANSWER_MAX];
    struct span to = { room, sizeof room };
    uint8_t choice = size ? data[size - 1] : 0;
    struct bytes in = { data, size ? size - 1 : 0 };
    struct dns_subject s;
    struct dns_query q;

    if (dns_query_read(in, &q) != 0)
        return 0;
    check_answer(&q, dns_answer_code(&q, q.fault, to), DNS_ANSWER_UDP_MIN);
    if (q.fault)
        return 0;
    dns_subject_of(&q.question.name, &net, &s);
    check_subject(&s);
    struct dns_known k = { .is_there = choice & 1,
                           .is_complete = choice & 2,
                           .ip = choice & 4 ? &addr : NULL,
                           .services = services,
                           .n = choice & 8 ? sizeof services / sizeof *services : 0,
                           .name = choice & 16 ? "laptop.grewal" : NULL };
    size_t limit = choice & 32 ? DNS_ANSWER_MAX : dns_query_limit(&q);
    check_answer(&q, dns_answer_write(&q, &s, &k, limit, to), limit);
    return 0;
}
