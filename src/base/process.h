/*
 * process.h - what the system may do with this process
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

/* From here on this process and its children hold secrets: no core dumps, nobody attaches. */
void process_hide_memory(void);

#endif
