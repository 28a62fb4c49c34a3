/*
 * hue - the colour of a person: stable, from the UUID alone.
 */
#ifndef SCREEN_HUE_H
#define SCREEN_HUE_H

#include <stdint.h>

#include "conclave.h"

/* 0 to HUES - 1 (grid.h). */
uint8_t hue_of(const struct conclave_id *id);

#endif
