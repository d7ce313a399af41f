/*
 * verbs.h - every verb: one file each, one row here
 */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cmd/opts.h"

extern const struct cmd cmd_allow;
extern const struct cmd cmd_baseline;
extern const struct cmd cmd_completion;
extern const struct cmd cmd_detectors;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_hook;
extern const struct cmd cmd_init;
extern const struct cmd cmd_key;
extern const struct cmd cmd_protect;
extern const struct cmd cmd_publish;
extern const struct cmd cmd_rules;
extern const struct cmd cmd_scan;
extern const struct cmd cmd_suppress;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_version;

#endif
