/*
 * tools - the subcommands of conclave-group: an operator's tools for a group's data.
 */
#ifndef DAEMON_TOOLS_H
#define DAEMON_TOOLS_H

/* Run the tool that argv[1] names and return the exit status. -1: it names none. */
int group_tool(int argc, char **argv);

#endif
