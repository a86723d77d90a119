/* test_page_metrics.c - numbers for Prometheus: the text exposition format, version 0.0.4. */
#include "web/page_metrics.h"

#include <regex.h>
#include <stdio.h>

#include "status_sample.h"
#include "vec.h"

#define PEERS_MORE 20

static struct strbuf out = { .max = 1 << 22 };
static json_t *status;

static int load(void **state)
{
    (void)state;
    strbuf_free(&out);
    status = status_sample_load();
    return status ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(status);
    strbuf_free(&out);
    return 0;
}

/* Is there exactly this line? */
static void assert_line(const char *line)
{
    size_t n = strlen(line);
    for (const char *p = out.p; (p = strstr(p, line)); p++)
        if ((p == out.p || p[-1] == '\n') && p[n] == '\n')
            return;
    fail_msg("no line \"%s\" in: %s", line, out.p);
}

static void test_metrics_carry_the_numbers_of_the_status(void **state)
{
    (void)state;
    page_metrics(status, &out);
    assert_int_equal(out.err, 0);
    assert_line("gw_build_info{version=\"0.2.0\","
                "peer=\"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA\"} 1");
    assert_line("gw_uptime_seconds 11100");
    assert_line("gw_memory_resident_bytes 12582912");
    assert_line("gw_memory_queued_bytes 2048");
    assert_line("gw_streams_active{direction=\"out\"} 3");
    assert_line("gw_streams_active{direction=\"in\"} 2");
    assert_line("gw_streams_opening{direction=\"out\"} 1");
    assert_line("gw_streams_opened_total{direction=\"out\"} 120");
    assert_line("gw_streams_opened_total{direction=\"in\"} 17");
    assert_line("gw_streams_failed_total{direction=\"out\"} 4");
    assert_line("gw_streams_failed_total{direction=\"in\"} 5");
    assert_line("gw_streams_denied_total{direction=\"in\"} 6");
    assert_line("gw_peers 2");
    assert_line("gw_forwards 1");
    assert_line("gw_services 2");
}

static void test_metrics_tell_of_relays_on_both_sides(void **state)
{
    (void)state;
    page_metrics(status, &out);
    assert_line("gw_reservations_wanted 2");
    assert_line("gw_reservations_held 1");
    assert_line("gw_relay_reservations 3");
    assert_line("gw_relay_circuits 2");
    assert_line("gw_relay_bytes_total 5000000000");
    assert_line("gw_relay_month_bytes 6000000000");
    assert_line("gw_relay_refused_total 7");
}

static void test_metrics_of_who_is_no_relay_have_none_of_one(void **state)
{
    (void)state;
    assert_int_equal(json_object_del(status, "relay"), 0);
    page_metrics(status, &out);
    assert_null(strstr(out.p, "gw_relay_"));
}

static void test_metrics_of_peers_are_in_base_units(void **state)
{
#define ALICE "{peer=\"12D3KooWGRUVh2eQ8zKjT7n3bXyLwDq5sMfA4cPp9rNEtHvWk3aQ\",name=\"alice\""
    (void)state;
    page_metrics(status, &out);
    assert_line("gw_peer_rtt_seconds" ALICE "} 0.012500");
    assert_line("gw_peer_streams" ALICE "} 3");
    assert_line("gw_peer_received_bytes_total" ALICE "} 5368709120");
    assert_line("gw_peer_sent_bytes_total" ALICE "} 1536");
    assert_line("gw_peer_info" ALICE ",path=\"direct\",transport=\"quic\"} 1");
    /* the other one's round trip is not known yet */
    const char *first = strstr(out.p, "\ngw_peer_rtt_seconds{");
    assert_null(strstr(first + 1, "\ngw_peer_rtt_seconds{"));
#undef ALICE
}

/* prometheus/docs, "Exposition formats", text format: every line is a comment or a sample; HELP and
 * TYPE come once, before the samples of their metric, which stand together. */
static void test_metrics_keep_to_the_grammar(void **state)
{
    static const char *const forms[] = {
        "^# HELP gw_[a-z_]+ [^\\]+$",
        "^# TYPE gw_[a-z_]+ (counter|gauge)$",
        "^gw_[a-z_]+([{][a-z]+=\"([^\"\\]|\\\\[\\\"n])*\"(,[a-z]+=\"([^\"\\]|\\\\[\\\"n])*\")*[}])?"
        " "
        "[0-9]+([.][0-9]+)?$",
    };
    regex_t re[COUNT(forms)];
    char name[64] = "", *save = NULL;
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++)
        assert_int_equal(regcomp(&re[i], forms[i], REG_EXTENDED | REG_NOSUB), 0);
    page_metrics(status, &out);
    assert_int_equal(out.p[out.n - 1], '\n');
    char *text = strdup(out.p);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        size_t form = 0;
        while (form < COUNT(forms) && regexec(&re[form], line, 0, NULL, 0) != 0)
            form++;
        if (form == COUNT(forms))
            fail_msg("not of the format: %s", line);
        if (form == 0) { /* a metric begins: never met before */
            assert_int_equal(sscanf(line, "# HELP %63s", name), 1);
            char again[96];
            snprintf(again, sizeof again, "# HELP %s ", name);
            assert_null(strstr(strstr(out.p, again) + 1, again));
        }
        const char *at = form < 2 ? line + strlen("# HELP ") : line;
        assert_memory_equal(at, name, strlen(name));
        assert_true(strchr(" {", at[strlen(name)]) != NULL);
    }
    free(text);
    for (size_t i = 0; i < COUNT(forms); i++)
        regfree(&re[i]);
}

static void test_metrics_escape_labels(void **state)
{
    json_t *peer = json_array_get(json_object_get(status, "peers"), 0);
    (void)state;
    json_object_set_new(peer, "name", json_string("a\"} 1\nevil{x=\"\\"));
    page_metrics(status, &out);
    assert_non_null(strstr(out.p, ",name=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 3\n"));
    assert_null(strstr(out.p, "\nevil"));
}

static void test_metrics_of_peers_are_bounded(void **state)
{
    json_t *peers = json_object_get(status, "peers");
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < PAGE_METRICS_PEERS_MAX + PEERS_MORE - 2; i++)
        json_array_append(peers, json_array_get(peers, 0));
    page_metrics(status, &out);
    for (const char *p = out.p; (p = strstr(p, "\ngw_peer_streams{")); p++)
        n++;
    assert_int_equal(n, PAGE_METRICS_PEERS_MAX);
    assert_line("gw_peers 1020");
}

static void test_metrics_of_an_empty_status_are_zero(void **state)
{
    json_t *empty = json_object();
    (void)state;
    page_metrics(empty, &out);
    json_decref(empty);
    assert_int_equal(out.err, 0);
    assert_line("gw_uptime_seconds 0");
    assert_line("gw_peers 0");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, load, unload)
    const struct CMUnitTest tests[] = {
        TEST(test_metrics_carry_the_numbers_of_the_status),
        TEST(test_metrics_tell_of_relays_on_both_sides),
        TEST(test_metrics_of_who_is_no_relay_have_none_of_one),
        TEST(test_metrics_of_peers_are_in_base_units),
        TEST(test_metrics_keep_to_the_grammar),
        TEST(test_metrics_escape_labels),
        TEST(test_metrics_of_peers_are_bounded),
        TEST(test_metrics_of_an_empty_status_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
