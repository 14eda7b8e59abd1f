#include "files/idx.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/bytes.h"
#include "files/declared.h"

namespace sloy {
namespace {

struct ElementType {
  std::uint8_t code;
  std::size_t file_bytes;
  DType dtype;
};

constexpr ElementType element_types[] = {{0x08, 1, DType::uint8},   {0x09, 1, DType::int32},
                                         {0x0b, 2, DType::int32},   {0x0c, 4, DType::int32},
                                         {0x0d, 4, DType::float32}, {0x0e, 8, DType::float64}};

constexpr const char* what_idx_is =
    "an IDX file begins with two zero bytes, its type (8, 9, 11 to 14) and 1 to 8 dimensions";

const ElementType& read_type(InputStream& stream, std::uint8_t code) {
  const auto* found = std::find_if(std::begin(element_types), std::end(element_types),
                                   [&](const ElementType& type) { return type.code == code; });
  if (found == std::end(element_types)) {
    stream.fail(fmt::format("this is no IDX file: its type is {}", code), what_idx_is);
  }
  return *found;
}

Shape read_shape(InputStream& stream, int rank) {
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) {
    std::array<std::byte, 4> bytes{};
    stream.read(bytes, "the dimensions");
    shape.push_back(std::int64_t{big_endian<std::uint32_t>(bytes)});
  }
  if (!declared_elements(shape)) {
    stream.fail(fmt::format("the dimensions {} are too large", to_string(shape)));
  }
  return shape;
}

/// Reads elements of `file_bytes` each and converts them one by one.
template <class T, class Convert>
void read_elements(InputStream& stream, std::size_t file_bytes, Tensor& tensor, Convert convert) {
  std::array<std::byte, 1 << 14> buffer;
  std::span<T> values = tensor.mutable_values<T>();
  while (!values.empty()) {
    const std::size_t count = std::min(values.size(), buffer.size() / file_bytes);
    stream.read(std::span(buffer).first(count * file_bytes), "the elements");
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = convert(std::span<const std::byte>(buffer).subspan(i * file_bytes, file_bytes));
    }
    values = values.subspan(count);
  }
}

void read_elements(InputStream& stream, const ElementType& type, Tensor& tensor) {
  using Bytes = std::span<const std::byte>;
  switch (type.code) {
    case 0x08: return stream.read({tensor.mutable_data(), tensor.bytes()}, "the elements");
    case 0x09:
      return read_elements<std::int32_t>(stream, 1, tensor, [](Bytes bytes) {
        return static_cast<std::int8_t>(big_endian<std::uint8_t>(bytes));
      });
    case 0x0b:
      return read_elements<std::int32_t>(stream, 2, tensor, [](Bytes bytes) {
        return static_cast<std::int16_t>(big_endian<std::uint16_t>(bytes));
      });
    case 0x0c:
      return read_elements<std::int32_t>(stream, 4, tensor, [](Bytes bytes) {
        return static_cast<std::int32_t>(big_endian<std::uint32_t>(bytes));
      });
    case 0x0d:
      return read_elements<float>(stream, 4, tensor, [](Bytes bytes) {
        return std::bit_cast<float>(big_endian<std::uint32_t>(bytes));
      });
    case 0x0e:
      return read_elements<double>(stream, 8, tensor, [](Bytes bytes) {
        return std::bit_cast<double>(big_endian<std::uint64_t>(bytes));
      });
  }
}

struct Header {
  const ElementType& type;
  Shape shape;
};

Header read_header(InputStream& stream) {
  std::array<std::byte, 4> magic{};
  stream.read(magic, "the IDX header");
  const auto rank = std::to_integer<int>(magic[3]);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0} || rank < 1 || rank > Shape::max_rank) {
    stream.fail(fmt::format("this is no IDX file: it begins with {:02x} {:02x} {:02x} {:02x}",
                            std::to_integer<int>(magic[0]), std::to_integer<int>(magic[1]),
                            std::to_integer<int>(magic[2]), rank),
                what_idx_is);
  }
  const ElementType& type = read_type(stream, std::to_integer<std::uint8_t>(magic[2]));
  const Shape shape = read_shape(stream, rank);
  stream.expect(static_cast<std::uint64_t>(shape.size()) * type.file_bytes,
                fmt::format("the elements of {}", to_string(shape)));
  return {type, shape};
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, FileSystem& files) {
  InputStream stream(path, files);
  return read_idx(stream);
}

Tensor read_idx(InputStream& stream) {
  const auto [type, shape] = read_header(stream);
  Tensor tensor(type.dtype, shape);
  read_elements(stream, type, tensor);
  if (!stream.at_end()) {
    stream.fail(
        fmt::format("the file goes on after the {} elements of {}", shape.size(), to_string(shape)),
        "the file is damaged: get it again");
  }
  return tensor;
}

Type read_idx_type(const std::filesystem::path& path, FileSystem& files) {
  InputStream stream(path, files);
  const auto [type, shape] = read_header(stream);
  return {type.dtype, shape};
}

}  // namespace sloy
