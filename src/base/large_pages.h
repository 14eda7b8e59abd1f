/// Large pages for memory that programs go through again and again.
#pragma once

#include <cstddef>

namespace sloy {

/// Asks the system to back memory that isn't touched yet with pages of 2 MiB, as far as whole ones
/// lie in it. A core fetches ahead no further than to the end of a page, so reading what fills no
/// cache is a third faster then. Where the system grants none nothing changes; no byte outside
/// becomes resident.
void prefer_large_pages(std::byte* memory, std::size_t bytes);

}  // namespace sloy
