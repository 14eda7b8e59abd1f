#include "files/csv.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include "harness/memory_files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::message_of;
using Row = std::vector<std::string>;

struct Read {
  std::vector<Row> rows;
  std::vector<std::int64_t> lines;
};

Read read(std::string_view text, char separator = ',') {
  harness::MemoryFiles files;
  files.put("t.csv", bytes_of(text));
  InputStream stream("t.csv", files.open("t.csv"));
  CsvReader reader(stream, separator);
  Read all;
  std::vector<std::string_view> cells;
  while (reader.next(cells)) {
    all.rows.emplace_back(cells.begin(), cells.end());
    all.lines.push_back(reader.line());
  }
  return all;
}

TEST(Csv, CellsAreApartBySeparators) {
  EXPECT_EQ(read("a,b\n1,2\n").rows, (std::vector<Row>{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(read("a,,\n,").rows, (std::vector<Row>{{"a", "", ""}, {"", ""}}));
  EXPECT_EQ(read("a;b,c", ';').rows, (std::vector<Row>{{"a", "b,c"}}));
  EXPECT_EQ(read("a\tb", '\t').rows, (std::vector<Row>{{"a", "b"}}));
  EXPECT_EQ(read("").rows, std::vector<Row>{});
}

TEST(Csv, BlanksMayBeSeveral) {
  EXPECT_EQ(read("  1  2\t3 \n\n 4 5 6\n  ", ' ').rows,
            (std::vector<Row>{{"1", "2", "3"}, {"4", "5", "6"}}));
}

TEST(Csv, LinesEndAsAnySystemEndsThem) {
  const std::vector<Row> rows{{"a", "b"}, {"c", "d"}};
  for (const char* text : {"a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\n\n\r\nc,d",
                           "\xef\xbb\xbf"
                           "a,b\nc,d"}) {
    EXPECT_EQ(read(text).rows, rows) << text;
  }
  EXPECT_EQ(read("a\n\nb\r\nc").lines, (std::vector<std::int64_t>{1, 3, 4}));
}

TEST(Csv, QuotedCellsHoldAnything) {
  EXPECT_EQ(read("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\nx,\"\",\"end\"").rows,
            (std::vector<Row>{{"a,b", "say \"hi\"", "two\nlines"}, {"x", "", "end"}}));
  EXPECT_EQ(read("\"a\r\nb\"\nc").lines, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(read("5\" pipe,b").rows, (std::vector<Row>{{"5\" pipe", "b"}})) << "within a cell";
  EXPECT_EQ(read("\"a b\" c", ' ').rows, (std::vector<Row>{{"a b", "c"}}));
}

TEST(Csv, LongFilesAreReadInPieces) {
  std::string text;
  std::vector<Row> rows;
  for (int i = 0; i < 30'000; ++i) {
    text += std::to_string(i) + ",\"x\"\r\n";
    rows.push_back({std::to_string(i), "x"});
  }
  EXPECT_EQ(read(text).rows, rows);
}

TEST(Csv, WhatIsNoTableIsRefusedByItsLine) {
  EXPECT_EQ(message_of([] { read("a,b\n1,\"2\n3\n"); }),
            "a quoted cell isn't closed\n"
            "  file     t.csv   line 2\n"
            "  to fix   write a quote at its end; one within it twice");
  EXPECT_EQ(message_of([] { read("a,b\n1,\"2\"3\n"); }),
            "a quoted cell goes on after its quote\n"
            "  file     t.csv   line 2\n"
            "  to fix   write a quote within quotes twice");
  EXPECT_EQ(message_of([] { read("a,b\n1,2\nx,k\xe4se\n"); }),
            "the text is not UTF-8: byte 0xe4 in cell 2\n"
            "  file     t.csv   line 3\n"
            "  to fix   save the table as UTF-8");
  EXPECT_EQ(read("größe,слой\n").rows, (std::vector<Row>{{"größe", "слой"}}));
  EXPECT_THROW(read("a\xc3,\xa4\n"), FileError) << "a letter doesn't go on in the next cell";
  EXPECT_THROW(read(std::string_view("a\0b", 3)), FileError);
  EXPECT_THROW(read(std::string(200'000, ',')), FileError) << "too many cells";
  EXPECT_THROW(read(std::string((16 << 20) + 1, 'x')), FileError) << "too long";
}

}  // namespace
}  // namespace sloy
