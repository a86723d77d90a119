/* ctlrig.h - a session of the control socket that remembers what it was answered, for tests of one
 * command.  Include it in one file of a test only. */
#ifndef GW_TESTS_CTLRIG_H
#define GW_TESTS_CTLRIG_H

#include <jansson.h>
#include <stdio.h>

#include "ctl/ctl_session.h"
#include "vec.h"

static struct ctlrig {
    json_t *reply;    /* NULL: none yet */
    char failed[512]; /* "" = it has not */
    void (*cancel)(void *arg);
    void *cancel_arg;
} rig;

void ctl_session_reply(struct ctl_session *s, json_t *v)
{
    (void)s;
    assert_non_null(v);
    assert_null(rig.reply);
    rig.reply = v;
    rig.cancel = NULL;
}

void ctl_session_fail(struct ctl_session *s, const char *fmt, ...)
{
    va_list ap;

    (void)s;
    assert_null(rig.reply);
    va_start(ap, fmt);
    vsnprintf(rig.failed, sizeof rig.failed, fmt, ap);
    va_end(ap);
    rig.cancel = NULL;
}

void ctl_session_on_cancel(struct ctl_session *s, void (*fn)(void *arg), void *arg)
{
    (void)s;
    rig.cancel = fn;
    rig.cancel_arg = arg;
}

/* The client has gone away. */
static inline void rig_cancel(void)
{
    assert_non_null(rig.cancel);
    rig.cancel(rig.cancel_arg);
    rig.cancel = NULL;
}

static inline void rig_reset(void)
{
    json_decref(rig.reply);
    rig = (struct ctlrig){ 0 };
}

/* The answer is this JSON text, members in any order. */
static inline void assert_reply(const char *text)
{
    json_error_t why;
    json_t *want = json_loads(text, 0, &why);

    assert_non_null(want);
    assert_string_equal(rig.failed, "");
    assert_non_null(rig.reply);
    if (!json_equal(want, rig.reply))
        fail_msg("the answer is %s", json_dumps(rig.reply, 0));
    json_decref(want);
}

#endif
