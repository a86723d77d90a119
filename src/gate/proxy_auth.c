/* proxy_auth.c - see proxy_auth.h. */
#include "gate/proxy_auth.h"

#include "base/err.h"

static const struct {
    const char *text;
    enum host_path path;
} options[] = {
    { "path=any", HOST_PATH_ANY },
    { "path=direct", HOST_PATH_DIRECT },
    { "path=relay", HOST_PATH_RELAY },
    { "path=both", HOST_PATH_BOTH },
};

bool proxy_auth_is_needed(const struct proxy_client *c)
{
    const struct proxy_in_config *cfg = proxy_client_config(c);
    return cfg->user || cfg->password;
}

/* The user as far as it tells who, and the tags in it. */
static void split_user(const struct proxy_client *c, struct bytes user, struct bytes *name,
                       struct bytes *tags)
{
    const char *want = proxy_client_config(c)->user;
    size_t n = want ? strlen(want) : 0;

    *name = user;
    *tags = (struct bytes){ 0 };
    if (!proxy_auth_is_needed(c)) {
        *tags = user;
    } else if (user.n > n && user.p[n] == '+') {
        name->n = n;
        *tags = (struct bytes){ user.p + n + 1, user.n - n - 1 };
    }
}

/* Takes as long whatever was given; only the length of the given one shows. */
static bool is_same_secret(struct bytes given, const char *want)
{
    size_t n = want ? strlen(want) : 0;
    uint8_t differ = given.n != n;

    for (size_t i = 0; i < given.n; i++)
        differ |= (uint8_t)(given.p[i] ^ (i < n ? (uint8_t)want[i] : 0));
    return !differ;
}

bool proxy_auth_ok(const struct proxy_client *c, struct bytes user, struct bytes password)
{
    const struct proxy_in_config *cfg = proxy_client_config(c);
    struct bytes name, tags;

    split_user(c, user, &name, &tags);
    bool user_ok = is_same_secret(name, cfg->user);
    bool password_ok = is_same_secret(password, cfg->password);
    return (user_ok && password_ok) || !proxy_auth_is_needed(c);
}

/* `word=`: nobody is called that. */
static bool has_form_of_tag(struct bytes v)
{
    size_t i = 0;
    while (i < v.n && v.p[i] >= 'a' && v.p[i] <= 'z')
        i++;
    return i > 0 && i < v.n && v.p[i] == '=';
}

static int read_option(struct bytes v, struct front_target *out)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!bytes_eq(v, bytes_of(options[i].text)))
            continue;
        out->path = options[i].path;
        out->has_path = true;
        return 0;
    }
    return GW_EINVAL;
}

int proxy_auth_read_tag(const struct proxy_client *c, struct bytes user, struct front_target *out)
{
    struct bytes name, tags;
    int err = 0;

    split_user(c, user, &name, &tags);
    if (!tags.n || (!proxy_auth_is_needed(c) && !has_form_of_tag(tags)))
        return 0;
    for (struct rd r = rd_init(tags); !err && !r.short_;) {
        const uint8_t *comma = r.left ? memchr(r.p, ',', r.left) : NULL;
        err = read_option(rd_bytes(&r, comma ? (size_t)(comma - r.p) : r.left), out);
        rd_u8(&r); /* the comma; behind the last one there is none */
    }
    return err;
}
