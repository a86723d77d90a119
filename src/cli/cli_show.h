/* cli_show.h - what the daemon answered, as people read it. */
#ifndef GW_CLI_CLI_SHOW_H
#define GW_CLI_CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* Each prints one answer; a field that is missing or of another type prints as if empty.  Text
 * that another peer may have chosen is escaped.  Return 0 or GW_ENOMEM. */
int cli_show_status(FILE *f, const json_t *v);
int cli_show_peers(FILE *f, const json_t *v);
int cli_show_services(FILE *f, const json_t *v);
int cli_show_resolve(FILE *f, const json_t *v);
int cli_show_perf(FILE *f, const json_t *v);

/* Members of an answer: a string as it stands, borrowed, or ""; one that another peer has chosen,
 * escaped (log_esc); a number, or 0. */
const char *cli_show_str(const json_t *v, const char *key);
const char *cli_show_foreign(const json_t *v, const char *key);
long long cli_show_num(const json_t *v, const char *key);

#endif
