#include <fmt/format.h>
#include <sloy/data_view.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/arguments.h"
#include "data/view/canvas.h"
#include "data/view/font.h"
#include "data/view/groups.h"
#include "data/view/pictures.h"
#include "data/view/scatter.h"

namespace sloy::data {
namespace {

constexpr std::int64_t largest_page = 2000;  ///< pixels a side
constexpr std::int64_t margin = 16;
constexpr std::int64_t gap = 4;         ///< between pictures
constexpr std::int64_t series_gap = 8;  ///< between examples that have several, beside that
constexpr std::int64_t block_gap = 28;  ///< between columns of classes
constexpr std::int64_t widest_name = 216;

/// The sides that pictures may get, the first that lets all of them onto the page.
constexpr std::array<std::int64_t, 7> sides{128, 96, 64, 48, 32, 24, 16};

/// Small pictures by whole factors, large ones smaller; none becomes larger than `side`.
ImageSize size_within(ImageSize picture, std::int64_t side) {
  const std::int64_t longest = std::max(picture.height, picture.width);
  if (longest <= side) {
    const std::int64_t factor = side / longest;
    return {.height = picture.height * factor, .width = picture.width * factor};
  }
  const auto scaled = [&](std::int64_t size) {
    return std::max<std::int64_t>(1, (size * side + longest / 2) / longest);
  };
  return {.height = scaled(picture.height), .width = scaled(picture.width)};
}

/// Where everything is: blocks of rows side by side, a row for each group.
struct Page {
  ImageSize cell;
  std::int64_t repeats = 1;  ///< pictures of an example
  int scale = 1;             ///< of letters
  std::int64_t names_width = 0;
  std::int64_t columns = 0;
  std::int64_t rows = 0;  ///< of the highest block
  std::int64_t blocks = 0;
  std::int64_t groups = 0;  ///< shown
  std::int64_t left_out = 0;

  std::int64_t row_height() const {
    return std::max<std::int64_t>(cell.height, scale * letter_height) + 2 * gap;
  }
  std::int64_t column_width() const { return cell.width + gap; }
  /// Of a picture, from the left edge of its row's first one.
  std::int64_t left_of(std::int64_t column) const {
    return column * column_width() + (repeats > 1 ? column / repeats * series_gap : 0);
  }
  std::int64_t block_width() const { return names_width + left_of(columns - 1) + cell.width; }
  std::int64_t height() const { return 2 * margin + rows * row_height() - 2 * gap + footer(); }
  std::int64_t width() const {
    return 2 * margin + blocks * (block_width() + block_gap) - block_gap;
  }
  std::int64_t footer() const { return left_out > 0 ? letter_height + gap : 0; }
};

std::int64_t names_width(const std::vector<Group>& groups, int scale) {
  std::int64_t width = 0;
  for (const Group& group : groups) width = std::max(width, text_width(group.name, scale));
  return width == 0 ? 0 : std::min(width, widest_name) + 3 * gap;
}

/// The page with pictures of a side, where all or, with `may_cut`, as many as possible fit onto it.
std::optional<Page> page_of(const std::vector<Group>& groups, ImageSize picture, std::int64_t side,
                            std::int64_t columns, std::int64_t repeats, bool may_cut) {
  Page page{.cell = size_within(picture, side), .repeats = repeats, .columns = columns};
  page.scale = page.cell.height >= 28 ? 2 : 1;
  page.names_width = names_width(groups, page.scale);
  page.groups = std::ssize(groups);
  constexpr std::int64_t room = largest_page - 2 * margin;
  const std::int64_t most_columns =
      (room - page.names_width + gap) * repeats / page.left_of(repeats);
  if (most_columns < columns && !may_cut) return {};
  page.columns = std::clamp<std::int64_t>(columns, 1, std::max<std::int64_t>(1, most_columns));
  const std::int64_t most_rows = (room - letter_height) / page.row_height();
  const std::int64_t most_blocks = (room + block_gap) / (page.block_width() + block_gap);
  if (most_rows * most_blocks < page.groups) {
    if (!may_cut) return {};
    page.left_out = page.groups - most_rows * most_blocks;
    page.groups -= page.left_out;
  }
  page.blocks = (page.groups + most_rows - 1) / most_rows;
  page.rows = (page.groups + page.blocks - 1) / page.blocks;
  return page;
}

Page layout(const std::vector<Group>& groups, ImageSize picture, std::int64_t columns,
            std::int64_t repeats) {
  for (const std::int64_t side : sides) {
    if (const auto page = page_of(groups, picture, side, columns, repeats, false)) return *page;
  }
  return *page_of(groups, picture, sides.back(), columns, repeats, true);
}

void write_name(Canvas& canvas, const Page& page, const Group& group, std::int64_t x,
                std::int64_t y) {
  const std::int64_t room = page.names_width - 3 * gap;
  const std::string count = fmt::format("{}", group.size);
  const bool has_count = page.scale > 1;
  const std::int64_t text = letter_base * page.scale + (has_count ? gap + letter_height : 0);
  y += std::max<std::int64_t>(0, (page.cell.height - text) / 2);
  canvas.write(x, y, fitted(group.name, page.scale, room), page.scale, black);
  if (has_count) canvas.write(x, y + letter_height * page.scale + gap, count, 1, grey);
}

Tensor draw(const std::vector<Group>& groups, const std::vector<Pictures>& pictures,
            const Page& page) {
  Canvas canvas(page.height(), page.width());
  for (std::int64_t g = 0; g < page.groups; ++g) {
    const auto group = static_cast<std::size_t>(g);
    std::int64_t x = margin + g / page.rows * (page.block_width() + block_gap);
    const std::int64_t y = margin + g % page.rows * page.row_height();
    if (page.names_width > 0) write_name(canvas, page, groups[group], x, y);
    x += page.names_width;
    const std::int64_t shown = std::min(page.columns, std::ssize(pictures[group]));
    for (std::int64_t column = 0; column < shown; ++column) {
      const Tensor& picture = pictures[group][static_cast<std::size_t>(column)];
      const std::int64_t left = x + page.left_of(column);
      canvas.fill(left - 1, y - 1, page.cell.width + 2, page.cell.height + 2, pale_grey);
      canvas.paste(left, y, image_of(picture), page.cell);
    }
  }
  if (page.left_out > 0) {
    canvas.write(margin, canvas.height() - margin - letter_height,
                 fmt::format("and {} more classes", page.left_out), 1, grey);
  }
  return canvas.take();
}

/// Where there are no classes, a group for each row of the page.
std::vector<Group> in_rows(const Group& all, std::int64_t columns) {
  std::vector<Group> rows;
  for (std::size_t i = 0; i < all.shown.size(); ++i) {
    if (i % static_cast<std::size_t>(columns) == 0) rows.emplace_back();
    rows.back().shown.push_back(all.shown[i]);
  }
  return rows;
}

}  // namespace

Tensor contact_sheet(const Dataset& dataset, const ContactSheetOptions& options) {
  require_positive("examples", options.examples);
  require_positive("repeats", options.repeats);
  if (dataset.empty()) throw DataError("an empty data set has nothing to show");
  const Spec& spec = dataset.spec();
  if (are_points(spec)) return scatter_plot(dataset, options);
  if (!are_images(spec)) {
    throw DataError("there is no picture of such features",
                    {{"features", to_string(spec.features)}},
                    "images (height, width, 1 or 3) and points of the plane (2) can be shown");
  }
  // More are never on a page.
  const std::int64_t examples = std::min(options.examples, largest_page / sides.back());
  std::vector<Group> groups = groups_of(dataset, examples);
  if (groups.size() == 1 && groups.front().name.empty()) {
    groups = in_rows(groups_of(dataset, examples * examples).front(), examples);
  }
  // A row is as long as the longest there is.
  const auto longest =
      std::ranges::max_element(groups, {}, [](const Group& group) { return group.shown.size(); });
  const std::int64_t columns = std::min(examples, std::ssize(longest->shown));
  ContactSheetOptions shown = options;
  shown.repeats = std::min(options.repeats, largest_page / sides.back());
  const Shape& shape = spec.features[0].shape;
  const Page page = layout(groups, {.height = shape.size(0), .width = shape.size(1)},
                           columns * shown.repeats, shown.repeats);
  groups.resize(static_cast<std::size_t>(page.groups));
  return draw(groups, read_pictures(dataset, groups, shown, page.cell), page);
}

}  // namespace sloy::data
