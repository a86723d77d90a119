/* proxy_in.c - see proxy_in.h: the port; a client of it is proxy_client.c. */
#include "gate/proxy_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/proxy_client.h"
#include "gate/proxy_env.h"

struct proxy_in {
    struct proxy_env env;
    struct proxy_in_config cfg; /* owns its strings */
};

static void config_fini(struct proxy_in_config *cfg)
{
    if (cfg->password)
        explicit_bzero((char *)cfg->password, strlen(cfg->password));
    free((char *)cfg->user);
    free((char *)cfg->password);
}

struct proxy_in *proxy_in_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                              const struct proxy_in_config *cfg)
{
    struct proxy_in *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->env.loop = loop;
    in->env.turn = turn;
    in->env.front = front;
    in->env.cfg = &in->cfg;
    if (proxy_in_set_config(in, cfg) == 0)
        return in;
    free(in);
    return NULL;
}

void proxy_in_free(struct proxy_in *in)
{
    if (!in)
        return;
    proxy_client_end_all(&in->env);
    config_fini(&in->cfg);
    free(in);
}

int proxy_in_set_config(struct proxy_in *in, const struct proxy_in_config *cfg)
{
    struct proxy_in_config copy = *cfg;

    copy.user = cfg->user ? strdup(cfg->user) : NULL;
    copy.password = cfg->password ? strdup(cfg->password) : NULL;
    if ((cfg->user && !copy.user) || (cfg->password && !copy.password)) {
        config_fini(&copy);
        return GW_ENOMEM;
    }
    config_fini(&in->cfg);
    in->cfg = copy;
    return 0;
}

/* When there are too many half-open clients, the oldest of the more numerous of both kinds goes: a
 * flood, whatever it says, pushes itself out and leaves the others alone. */
static void make_room(const struct proxy_in *in)
{
    const struct proxy_group *fresh = &in->env.groups[PROXY_FRESH];
    const struct proxy_group *talking = &in->env.groups[PROXY_TALKING];

    if (fresh->n + talking->n >= in->cfg.max_half_open)
        proxy_client_drop((fresh->n >= talking->n ? fresh : talking)->oldest, GW_ELIMIT);
}

void proxy_in_accept(void *proxy_in, int fd, const struct sockaddr_any *from)
{
    struct proxy_in *in = proxy_in;

    make_room(in);
    int err = proxy_client_start(&in->env, fd, from);
    if (err)
        log_warn("proxy client refused: %s", gw_strerror(err));
}
