/* local_edit.c - see local_edit.h. */
#include "main/local_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fileio.h"
#include "ctl/ctl_deps.h"
#include "id/peer_list.h"
#include "main/confchange.h"
#include "main/local_rights.h"
#include "main/nodedir.h"

static int finish(int rc, const char *err)
{
    if (rc)
        fprintf(stderr, "gw: %s\n", err);
    return rc ? CLI_FAILED : CLI_OK;
}

static int edit_network(void *arg, const struct cli_network_edit *e)
{
    const struct options *o = arg;
    const struct ctl_network_edit edit = { .network = e->network,
                                           .is_leave = e->is_leave,
                                           .relays = (const char *const *)e->relays,
                                           .nrelays = e->nrelays,
                                           .host = e->host };
    char err[CONF_ERR_MAX];
    struct nodedir d;
    int rc = nodedir_open(&d, o->dir, o->conf, err);

    if (!rc)
        rc = confchange_network(d.conf, o, &edit, err);
    if (!rc)
        printf("%s: changed; no daemon runs\n", d.conf);
    nodedir_close(&d);
    return finish(rc, err);
}

static int edit_rights(void *arg, const struct cli_rights_edit *e)
{
    const struct options *o = arg;
    char err[CONF_ERR_MAX];
    struct nodedir d;
    int rc = nodedir_open(&d, o->dir, o->conf, err);

    if (!rc)
        rc = local_rights_edit(&d, o, e, err);
    nodedir_close(&d);
    return finish(rc, err);
}

/* The signature goes behind the last line, and the whole in place of the file. */
static int append_signature(const char *path, const struct key *key, char err[CONF_ERR_MAX])
{
    char signature[PEER_LIST_SIGNATURE_MAX], *text, *whole;
    size_t n;
    int rc = fileio_read(path, &text, &n);

    if (rc)
        return conf_fail(err, rc, "%.200s: %s", path, gw_strerror(rc));
    if (peer_list_sign(key, (struct bytes){ (const uint8_t *)text, n }, signature) != 0) {
        rc = conf_fail(err, GW_EINVAL,
                       "%.200s: it is signed already, has a line that does not belong there "
                       "or no newline at its end, or is longer than %d octets",
                       path, PEER_LIST_TEXT_MAX);
    } else if ((whole = realloc(text, n + sizeof signature)) == NULL) {
        rc = conf_fail_plain(err, GW_ENOMEM);
    } else {
        text = whole;
        strcpy(text + n, signature);
        rc = fileio_rewrite(path, bytes_of(text));
        if (rc)
            conf_fail(err, rc, "%.200s: %s", path, gw_strerror(rc));
    }
    free(text);
    return rc;
}

static int sign_list(void *arg, const char *path)
{
    const struct options *o = arg;
    char err[CONF_ERR_MAX], id[PEERID_STR_MAX];
    struct key *key = NULL;
    struct nodedir d;
    int rc = nodedir_open(&d, o->dir, o->conf, err);

    if (!rc)
        rc = nodedir_key(&d, &key, err);
    if (!rc)
        rc = append_signature(path, key, err);
    if (!rc)
        printf("%s: signed by %s\n", path, peerid_print(key_peerid(key), id));
    key_free(key);
    nodedir_close(&d);
    return finish(rc, err);
}

struct cli_local local_edit_calls(const struct options *o)
{
    return (struct cli_local){ edit_network, edit_rights, sign_list, (void *)o };
}
