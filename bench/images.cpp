/// Prints how long JPEG images take one thread to decode, by libjpeg-turbo alone at the eighth of
/// their size that is just large enough, and with the resizing that makes examples of them.
///
///     bench_images DIRECTORY [SIZE…]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/files.h"
#include "base/limits.h"
#include "data/images/prepare.h"
#include "files/image.h"

namespace {

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sloy;
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_images DIRECTORY [SIZE…]\n");
    return 2;
  }
  std::vector<std::vector<std::byte>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (!entry.is_regular_file()) continue;
    std::vector<std::byte> bytes = read_file(entry.path(), limits.file_bytes);
    if (image_format(bytes) == "JPEG") files.push_back(std::move(bytes));
  }
  std::vector<int> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {64, 128, 224, 299};
  for (const int size : sizes) {
    const data::ImageForm form{.height = size, .width = size};
    std::vector<std::uint8_t> out(static_cast<std::size_t>(size * size * form.channels()));
    double decoding = 1e9, whole = 1e9;  // the least of five each, in turn
    for (int run = 0; run < 5; ++run) {
      decoding = std::min(decoding, seconds_of([&] {
                            for (const auto& file : files) {
                              decode_image(file, "image", ImageSize{size, size});
                            }
                          }));
      whole = std::min(whole, seconds_of([&] {
                         for (const auto& file : files) {
                           data::prepare_image(file, "image", form, out);
                         }
                       }));
    }
    fmt::print("{0}×{0}: decode {1:.3f} ms, with resizing {2:.3f} ms: {3:.2f} of the rate\n", size,
               1e3 * decoding / static_cast<double>(files.size()),
               1e3 * whole / static_cast<double>(files.size()), decoding / whole);
  }
}
