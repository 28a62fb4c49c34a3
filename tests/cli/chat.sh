#!/bin/bash
# conclave chat, driven through real terminals.
# Usage: chat.sh BINDIR
exec bash "$(dirname "$0")/../chat/stories.sh" "${1:?usage: chat.sh BINDIR}"
