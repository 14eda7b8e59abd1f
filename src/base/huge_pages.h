/// Huge pages for large blocks of memory: kernels that go through tens of megabytes wait less for
/// addresses to be translated, above all on virtual machines.
#pragma once

#include <cstddef>

namespace sloy {

/// Asks the system to put the block on huge pages as far as it covers whole ones, before it is
/// first written. Small blocks stay as they are. The contents do not change; what is never written
/// may become resident with the rest of its page. Returns whether the system was asked and agreed.
bool prefer_huge_pages(void* block, std::size_t bytes);

}  // namespace sloy
