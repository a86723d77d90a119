/* cli_checkup.h - what netcheck and doctor answered, as people read it. */
#ifndef GW_CLI_CLI_CHECKUP_H
#define GW_CLI_CLI_CHECKUP_H

#include <jansson.h>
#include <stdio.h>

/* As the functions of cli_show.h. */
int cli_show_netcheck(FILE *f, const json_t *v);
int cli_show_doctor(FILE *f, const json_t *v);

#endif
