/* cli_ask.h - what the commands share: a request to the daemon, its answer, and complaints.
 *
 * What returns "exit status" returns one of cli_cmd.h; when that is not CLI_OK the reason stands on
 * stderr already, in one line.
 */
#ifndef GW_CLI_CLI_ASK_H
#define GW_CLI_CLI_ASK_H

#include <jansson.h>
#include <limits.h>

#include "cli/cli_cmd.h"
#include "cli/ctl_client.h"

#define CLI_ANSWER_MS  10000   /* for what the daemon knows by itself */
#define CLI_NETWORK_MS 120000  /* for what it must ask others; its own deadlines are shorter */
#define CLI_FOREVER_MS INT_MAX /* it lasts as long as octets move: the daemon sees to that */

/* An array of these words; NULL: one of them is not UTF-8, or out of memory.  json_pack hands that
 * on, and ctl_client_send tells it: nothing is asked with a word left out. */
json_t *cli_ask_words(char *const *words, size_t n);

/* Complains, with what a peer may have sent escaped.  Returns CLI_FAILED. */
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Exit status; *out owned (ctl_client_close). */
int cli_ask_open(const char *dir, struct ctl_client **out);
/* Sends `req` (taken) and reads the first line of the answer / reads the next.  Exit status; *out
 * owned.  An answer with "ok": false is a failure, with its "error" as the reason. */
int cli_ask_first(struct ctl_client *c, json_t *req, int timeout_ms, json_t **out);
int cli_ask_next(struct ctl_client *c, int timeout_ms, json_t **out);

/* One request (taken), one answer, printed by `show` or as JSON.  Exit status. */
int cli_ask_and_show(const char *dir, bool is_json, json_t *req, int timeout_ms,
                     int (*show)(FILE *, const json_t *));
/* The same, but CLI_FAILED unless the member `must` is true: it was told, and is not well. */
int cli_ask_and_judge(const char *dir, bool is_json, json_t *req, int timeout_ms,
                      int (*show)(FILE *, const json_t *), const char *must);
/* The same where nothing is worth printing but `done`, and what the answer has of these: the peer
 * id, services that are not offered, what takes effect later. */
int cli_ask_and_say(const char *dir, json_t *req, int timeout_ms, const char *done);

#endif
