/* fuzz_conf.c - a configuration file: what reads lies in its range, and what is printed of it reads
 * back as the same; what does not read has a message with the file's name. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"
#include "fuzz.h"

struct opts {
    bool relay;
    int other;
    int64_t port;
    uint64_t idle_ms, quota;
    char *agent;
    struct conf_list listen;
    struct conf_named forwards;
};

struct forward {
    char *name;
    char *target;
    int64_t port;
    struct conf_list tags;
};

static const char *check_target(const char *value)
{
    return strchr(value, ':') ? NULL : "must be NAME:PORT";
}

static const char *const policies[] = { "refuse", "direct", NULL };

static const struct conf_section sections[] = {
    { .name = "node" },
    { .name = "proxy" },
    { .name = "forward", CONF_NAMED(struct opts, forwards, struct forward) },
    { 0 },
};

static const struct conf_key keys[] = {
    { "node", "relay", CONF_BOOL, CONF_AT(struct opts, relay) },
    { "node", "listen", CONF_LIST, CONF_AT(struct opts, listen), .def = "/ip4/0 /ip6/0" },
    { "node", "idle", CONF_DURATION, CONF_AT(struct opts, idle_ms), .def = "30s", .min = 5000,
      .max = 600000 },
    { "node", "quota", CONF_SIZE, CONF_AT(struct opts, quota), .def = "64k", .min = 1 },
    { "node", "agent", CONF_STRING, CONF_AT(struct opts, agent), .def = "gw" },
    { "proxy", "other", CONF_ENUM, CONF_AT(struct opts, other), .names = policies },
    { "proxy", "port", CONF_INT, CONF_AT(struct opts, port), .def = "1080", .max = 65535 },
    { "forward", "target", CONF_STRING, CONF_AT(struct forward, target), .check = check_target },
    { "forward", "port", CONF_INT, CONF_AT(struct forward, port), .def = "-1", .min = -1,
      .max = 65535 },
    { "forward", "tag", CONF_LIST, CONF_AT(struct forward, tags) },
    { 0 },
};

static const struct conf_schema schema = { sections, keys };

static int read_from(struct opts *o, const void *text, size_t n)
{
    static int fd = -1;
    static char path[64];
    char err[CONF_ERR_MAX] = "";

    if (fd < 0) {
        fd = memfd_create("conf", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    assert(ftruncate(fd, 0) == 0 && pwrite(fd, text, n, 0) == (ssize_t)n);
    assert(conf_init(o, &schema) == 0);
    int rc = conf_read(o, &schema, path, err);
    if (rc)
        assert(strncmp(err, path, strlen(path)) == 0 && err[strlen(path)] == ':');
    return rc;
}

static void check_ranges(const struct opts *o)
{
    assert(o->idle_ms >= 5000 && o->idle_ms <= 600000);
    assert(o->port >= 0 && o->port <= 65535);
    assert(o->quota >= 1);
    assert(o->other == 0 || o->other == 1);
    for (size_t i = 0; i < o->forwards.n; i++) {
        struct forward *f = o->forwards.v[i];
        assert(conf_find(o, &schema, "forward", f->name) == f);
        assert(!f->target || !check_target(f->target));
        assert(f->port >= -1 && f->port <= 65535);
    }
}

static char *print(const struct opts *o, size_t *n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    assert(f && conf_print(f, &schema, o) == 0);
    fclose(f);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct opts o, again;
    size_t n, m;

    if (read_from(&o, data, size) == 0) {
        check_ranges(&o);
        char *text = print(&o, &n);
        assert(read_from(&again, text, n) == 0);
        char *text2 = print(&again, &m);
        assert(n == m && memcmp(text, text2, n) == 0);
        free(text);
        free(text2);
        conf_free(&again, &schema);
    }
    conf_free(&o, &schema);
    return 0;
}
