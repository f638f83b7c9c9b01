# A holder that closes takes itself for the last one when it is not, and removes the file of a live object.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/held_object.cpp)
set(FROM [[    if (!last || !*last) return;]])
set(TO [[    if (!last) return;]])
set(SUBJECT region.open)
set(MODE kept)
set(COMPLAINT "can't open what is held")
