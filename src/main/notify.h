/* notify.h - tells systemd what the daemon is doing (sd_notify(3), Type=notify). */
#ifndef GW_MAIN_NOTIFY_H
#define GW_MAIN_NOTIFY_H

/* Does nothing when $NOTIFY_SOCKET is not set. */
void notify_ready(void);
void notify_reloading(void); /* notify_ready follows */
void notify_stopping(void);

#endif
