# A creator gives its life lock up before it lets others in: they take its object for a leftover.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/held_object.cpp)
set(FROM [[        const auto shared = try_lock(into_.file.get(), life_byte, lock_mode::shared);]])
set(TO [[        unlock(into_.file.get(), life_byte);
        const auto shared = result<bool>(true);]])
set(SUBJECT region.life)
set(MODE pair)
set(COMPLAINT "two live regions of one name")
