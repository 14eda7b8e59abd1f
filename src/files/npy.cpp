#include "files/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "files/declared.h"

namespace sloy {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

/// Reads the header's Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const InputStream& stream) : text_(text), stream_(stream) {}

  Header parse() {
    Header header;
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr) {
        descr = string();
      } else if (key == "fortran_order" && !fortran_order) {
        fortran_order = truth();
      } else if (key == "shape" && !shape) {
        shape = tuple();
      } else {
        fail(fmt::format("its header has the key '{}'", key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!text_.empty()) fail("its header goes on after '}'");
    if (!descr || !fortran_order || !shape) fail("its header needs descr, fortran_order and shape");
    return {*descr, *fortran_order, *shape};
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    stream_.fail("the npy file is damaged: " + what);
  }

  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) {
      text_.remove_prefix(1);
    }
  }
  bool accept(char wanted) {
    skip_space();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("its header needs '{}'", wanted));
  }
  std::string string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos || end > 64) fail("its header has a text without an end");
    std::string result(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return result;
  }
  bool truth() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    fail("its fortran_order is neither True nor False");
  }
  std::int64_t number() {
    skip_space();
    std::int64_t value = 0;
    std::size_t digits = 0;
    while (digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9') {
      if (digits == 18) fail("a dimension is too large");
      value = 10 * value + (text_[digits] - '0');
      ++digits;
    }
    if (digits == 0) fail("a dimension is no number");
    text_.remove_prefix(digits);
    return value;
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      if (shape.rank() == Shape::max_rank) {
        fail(fmt::format("it has more than {} dimensions", Shape::max_rank));
      }
      shape.push_back(number());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_;
  const InputStream& stream_;
};

Header read_header(InputStream& stream) {
  std::array<std::byte, 8> start{};
  stream.read(start, "the npy header");
  ByteReader reader(start, stream.file());
  if (reader.text(magic.size(), "the npy header") != magic) {
    stream.fail("this is no npy file: it doesn't begin with \\x93NUMPY");
  }
  const int version = reader.byte("the npy header");
  if (version < 1 || version > 3) {
    stream.fail(fmt::format("npy version {} is unknown: 1 to 3 are read", version));
  }
  std::array<std::byte, 4> length{};
  const std::span<std::byte> used = std::span(length).first(version == 1 ? 2 : 4);
  stream.read(used, "the npy header");
  const std::uint32_t bytes = little_endian<std::uint32_t>(length);
  if (bytes > limits.header_bytes) stream.fail("the npy file's header is too large");
  stream.expect(bytes, "the npy header");
  std::string text(bytes, '\0');
  stream.read(std::as_writable_bytes(std::span(text)), "the npy header");
  return HeaderParser(text, stream).parse();
}

/// Reads elements whose file form is U, of either byte order, and converts them one by one.
template <class U, class T, class Convert>
void read_elements(InputStream& stream, bool big, Tensor& tensor, Convert convert) {
  std::array<std::byte, 1 << 14> buffer;
  std::span<T> values = tensor.mutable_values<T>();
  while (!values.empty()) {
    const std::size_t count = std::min(values.size(), buffer.size() / sizeof(U));
    const std::span<std::byte> part = std::span(buffer).first(count * sizeof(U));
    stream.read(part, "the elements");
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const std::byte> element = part.subspan(i * sizeof(U), sizeof(U));
      values[i] = convert(big ? big_endian<U>(element) : little_endian<U>(element));
    }
    values = values.subspan(count);
  }
}

struct ElementType {
  std::string_view code;
  DType dtype;
  std::size_t file_bytes;
};

constexpr ElementType element_types[] = {{"f4", DType::float32, 4},
                                         {"f8", DType::float64, 8},
                                         {"i4", DType::int32, 4},
                                         {"i8", DType::int32, 8},
                                         {"u1", DType::uint8, 1}};

void read_elements(InputStream& stream, std::string_view code, bool big, Tensor& tensor) {
  if (code == "u1") {
    stream.read({tensor.mutable_data(), tensor.bytes()}, "the elements");
  } else if (code == "f4") {
    read_elements<std::uint32_t, float>(stream, big, tensor, std::bit_cast<float, std::uint32_t>);
  } else if (code == "f8") {
    read_elements<std::uint64_t, double>(stream, big, tensor, std::bit_cast<double, std::uint64_t>);
  } else if (code == "i4") {
    read_elements<std::uint32_t, std::int32_t>(
        stream, big, tensor, [](std::uint32_t value) { return static_cast<std::int32_t>(value); });
  } else {
    read_elements<std::uint64_t, std::int32_t>(stream, big, tensor, [&](std::uint64_t value) {
      const auto wide = static_cast<std::int64_t>(value);
      if (wide != static_cast<std::int32_t>(wide)) {
        stream.fail(fmt::format("the integer {} doesn't fit int32", wide),
                    "save it as float32, or with smaller numbers: x.astype('float32')");
      }
      return static_cast<std::int32_t>(wide);
    });
  }
}

const ElementType& find_type(const InputStream& stream, const std::string& descr) {
  if (descr.size() == 3 && std::string_view("<>=|").find(descr[0]) != std::string_view::npos) {
    for (const ElementType& type : element_types) {
      if (descr.substr(1) == type.code) return type;
    }
  }
  stream.fail(fmt::format("the npy file's elements are '{}'", descr),
              "save it as float32, float64, int32 or uint8: x.astype('float32')");
}

struct Described {
  const ElementType& type;
  bool is_big_endian = false;
  Shape shape;
};

/// An array that can be read, as far as its header and the file's size tell.
Described read_description(InputStream& stream) {
  const Header header = read_header(stream);
  const ElementType& type = find_type(stream, header.descr);
  if (header.fortran_order && header.shape.rank() > 1) {
    stream.fail("the npy file's elements are in Fortran order",
                "save it in C order: numpy.ascontiguousarray(x)");
  }
  const auto elements = declared_elements(header.shape);
  if (!elements) stream.fail(fmt::format("the array {} is too large", to_string(header.shape)));
  stream.expect(*elements * type.file_bytes,
                fmt::format("the elements of {}", to_string(header.shape)));
  return {type, header.descr[0] == '>', header.shape};
}

}  // namespace

Tensor read_npy(const std::filesystem::path& path, FileSystem& files) {
  InputStream stream(path, files);
  return read_npy(stream);
}

Tensor read_npy(InputStream& stream) {
  const Described array = read_description(stream);
  Tensor tensor(array.type.dtype, array.shape);
  read_elements(stream, array.type.code, array.is_big_endian, tensor);
  if (!stream.at_end()) stream.fail("the file goes on after its array");
  return tensor;
}

Type read_npy_type(InputStream& stream) {
  const Described array = read_description(stream);
  return {array.type.dtype, array.shape};
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor, FileSystem& files) {
  static_assert(std::endian::native == std::endian::little);
  const auto& type = *std::find_if(std::begin(element_types), std::end(element_types),
                                   [&](const auto& t) { return t.dtype == tensor.dtype(); });
  std::vector<std::int64_t> dims;
  for (const Dim& dim : tensor.shape()) dims.push_back(dim.size());
  const std::string literal =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                  type.file_bytes == 1 ? '|' : '<', type.code, fmt::join(dims, ", "),
                  dims.size() == 1 ? "," : "");
  constexpr std::size_t start_bytes = 10;
  const std::size_t header_bytes =
      (start_bytes + literal.size() + 1 + alignment - 1) / alignment * alignment;
  std::string header(magic);
  header += {'\1', '\0'};
  header += static_cast<char>((header_bytes - start_bytes) & 0xff);
  header += static_cast<char>((header_bytes - start_bytes) >> 8);
  header += literal;
  header.resize(header_bytes - 1, ' ');
  header += '\n';
  const std::span<const std::byte> parts[] = {std::as_bytes(std::span(header)),
                                              {tensor.data(), tensor.bytes()}};
  write_atomically(path, parts, files);
}

}  // namespace sloy
