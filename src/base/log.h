/* log.h - one line is one event: `subject key=value ... outcome`, lower case, no newline by the
 * caller.
 *
 * error: a person must act.  warn: degraded.  info: what an operator wants (<= 3 lines a
 * connection). debug: state changes.  Lines go to stderr.  Text that a peer sent is printed through
 * log_esc; payload and keys are never logged.
 */
#ifndef GW_BASE_LOG_H
#define GW_BASE_LOG_H

#include "base/cursor.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above `level` are dropped.  Default: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define LOG_ESC_MAX 128 /* octets of text shown; longer text ends in "..." */

/* Returns `v` with every octet outside printable ASCII as \xHH, in one of four static buffers
 * (so up to four may stand in one call). */
const char *log_esc(struct bytes v);

#endif
