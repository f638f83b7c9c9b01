# Who writes in a torn array makes its sequence even meanwhile, and odd at the end: torn is whole, whole is torn.
# SPDX-License-Identifier: MIT
set(SOURCE src/ndarray/ndarray.cpp)
set(FROM [[begun.was_torn_ ? before + 2 : before + 1]])
set(TO [[before + 1]])
set(SUBJECT ndarray.write)
set(MODE kept)
set(COMPLAINT "torn and believed")
