/* log.c - levels, stderr sink, escaping of foreign text. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1024

static enum log_level max_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    max_level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= max_level;
}

/* One write(2) per line, so that lines of several processes do not mix; a full or closed stderr
 * loses the line and nothing else. */
static void emit(enum log_level level, const char *fmt, va_list ap)
{
    static const char *const tag[] = { "error ", "warn  ", "info  ", "debug " };
    char line[LINE_MAX_OCTETS];

    if (!log_enabled(level))
        return;
    int n = snprintf(line, sizeof line, "%s", tag[level]);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
    n += m;
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    ssize_t w = write(STDERR_FILENO, line, (size_t)n);
    (void)w;
}

#define DEFINE_LOG(name, level)     \
    void name(const char *fmt, ...) \
    {                               \
        va_list ap;                 \
        va_start(ap, fmt);          \
        emit(level, fmt, ap);       \
        va_end(ap);                 \
    }
DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)

const char *log_esc(struct bytes v)
{
    static char ring[4][LOG_ESC_MAX * 4 + 4];
    static unsigned turn;
    char *out = ring[turn++ % 4], *o = out;
    size_t n = v.n < LOG_ESC_MAX ? v.n : LOG_ESC_MAX;

    for (size_t i = 0; i < n; i++) {
        if (v.p[i] >= 0x20 && v.p[i] < 0x7f && v.p[i] != '\\')
            *o++ = (char)v.p[i];
        else
            o += snprintf(o, 5, "\\x%02x", v.p[i]);
    }
    snprintf(o, 4, "%s", v.n > n ? "..." : "");
    return out;
}
