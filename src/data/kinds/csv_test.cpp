#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

using harness::message_of;

constexpr const char* flowers =
    "length,colour,petals,name\n"
    "1.5,red,4,rose\n"
    "2.5,blue,5,iris\n"
    "3.5,red,5,rose\n"
    "4.5,white,6,lily\n";

class CsvData : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return directory_ / name; }
  std::string write(const std::string& text, const std::string& name = "t.csv") const {
    std::ofstream(at(name), std::ios::binary) << text;
    return at(name);
  }
  static std::vector<float> features(const Dataset& dataset, std::int64_t index) {
    const Tensor row = dataset[index].features[0];
    return {row.values<float>().begin(), row.values<float>().end()};
  }

  harness::TemporaryDirectory directory_;
};

TEST_F(CsvData, ColumnsAreNumbersOrCategories) {
  const Dataset data = CsvFile{.path = write(flowers)}.load().train;
  const Spec& spec = data.spec();
  EXPECT_EQ(spec.features, (Type{DType::float32, {5}}));
  EXPECT_EQ(spec.class_names, (std::vector<std::string>{"iris", "lily", "rose"}));
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{2, 0, 2, 1}));
  // length, then blue, red and white, then petals
  EXPECT_EQ(features(data, 0), (std::vector<float>{1.5, 0, 1, 0, 4}));
  EXPECT_EQ(features(data, 3), (std::vector<float>{4.5, 0, 0, 1, 6}));
  ASSERT_TRUE(spec.table_form);
  EXPECT_EQ(spec.table_form->columns[1].categories,
            (std::vector<std::string>{"blue", "red", "white"}));
  EXPECT_EQ(files_at(at("t.csv")).kind(), "csv");
  const Header header = CsvFile{.path = at("t.csv")}.load_header();
  EXPECT_EQ(header.examples, 4);
  EXPECT_EQ(header.spec.features, spec.features);
}

TEST_F(CsvData, WhichColumnsMayBeSaid) {
  const std::string path = write(flowers);
  const Dataset length =
      CsvFile{.path = path, .target_column = "length", .ignore_columns = {"name"}}.load().train;
  EXPECT_EQ(length.spec().targets, (Type{DType::float32, {1}}));
  EXPECT_EQ(length[1].targets[0].item(), 2.5);
  EXPECT_EQ(features(length, 1), (std::vector<float>{1, 0, 0, 5}));
  const Dataset petals =
      CsvFile{.path = path, .feature_columns = {"petals"}, .categorical_columns = {"petals"}}
          .load()
          .train;
  EXPECT_EQ(features(petals, 3), (std::vector<float>{0, 0, 1}));
  EXPECT_EQ(message_of([&] { CsvFile{.path = path, .target_column = "nam"}.load(); }),
            "the table has no column 'nam'\n"
            "  file      " +
                path +
                "\n"
                "  columns   length, colour, petals, name\n"
                "  to fix    did you mean 'name'?");
}

TEST_F(CsvData, ATargetOfNumbersIsClassesWhereItCountsThemFrom0) {
  const auto spec_of = [&](const std::string& rows, TableTask task = TableTask::automatic) {
    return CsvFile{.path = write(rows), .task = task}.load().train.spec();
  };
  EXPECT_EQ(spec_of("1,0\n2,1\n3,2\n4,1\n").num_classes, 3);
  EXPECT_EQ(spec_of("1,0\n2,2\n").num_classes, 0) << "1 is missing";
  EXPECT_EQ(spec_of("1,1\n2,2\n").num_classes, 0) << "not from 0";
  EXPECT_EQ(spec_of("1,0\n2,0.5\n3,1\n").num_classes, 0);
  EXPECT_EQ(spec_of("1,0\n2,1\n", TableTask::regression).num_classes, 0);
  const Spec spec = spec_of("1,10\n2,2.0\n3,2\n", TableTask::classification);
  EXPECT_EQ(spec.class_names.size(), 2u) << "2 and 2.0 are one";
  EXPECT_EQ(spec.class_names[1], "10") << "in the order of numbers";
}

TEST_F(CsvData, TheFirstRowMayNameTheColumns) {
  EXPECT_EQ((CsvFile{.path = write("a,b\nx,y\nz,w\n")}.load().train.size()), 2);
  EXPECT_EQ((CsvFile{.path = write("1,b\n2,c\n")}.load().train.size()), 2);
  EXPECT_EQ((CsvFile{.path = write("a,b\nx,y\nx,w\n"), .header = false}.load().train.size()), 3);
  const Dataset rows =
      CsvFile{.path = write("3 rows\n1 0\n2  1\n3 0\n"), .separator = " ", .skip_rows = 1}
          .load()
          .train;
  EXPECT_EQ(rows.size(), 3);
  EXPECT_EQ(rows.spec().table_form->columns[0].name, "0");
}

TEST_F(CsvData, MissingCellsAreSaidOrFilledFromTheRowsToLearnFrom) {
  const std::string path = write("x,colour,y\n1,red,a\n,red,b\n3,,a\n8,blue,b\n");
  EXPECT_EQ(message_of([&] { CsvFile{.path = path}.load(); }),
            "a value of the column 'x' is missing\n"
            "  file        " +
                path +
                "   line 3\n"
                "  missing     1" +
                std::string(path.size() - 1, ' ') +
                "   of 4 in this column\n"
                "  in others   'colour' 1\n"
                "  to fix      complete them, or say what they become: missing_values = \"mean\", "
                "\"median\" or \"skip\"");
  const Dataset mean = CsvFile{.path = path, .missing_values = MissingValues::mean}.load().train;
  EXPECT_EQ(features(mean, 1), (std::vector<float>{4, 0, 1}));
  EXPECT_EQ(features(mean, 2), (std::vector<float>{3, 0, 0}));
  EXPECT_EQ(mean.spec().table_form->columns[0].fill, 4);
  const Dataset median =
      CsvFile{.path = path, .missing_values = MissingValues::median}.load().train;
  EXPECT_EQ(features(median, 1)[0], 3);
  const Parts whole = CsvFile{.path = path, .missing_values = MissingValues::skip}.load();
  EXPECT_EQ(whole.train.labels(), (std::vector<std::int32_t>{0, 1}));
  ASSERT_EQ(whole.skipped.size(), 2u);
  EXPECT_EQ(whole.skipped[1].file, path + ", line 4");

  // 20 rows of 0 and 20 of 100, of which a quarter are for tests: their x isn't looked at.
  std::string text = "x,y\n";
  for (int i = 0; i < 40; ++i)
    text += (i == 0 ? "" : std::to_string(i)) + (i % 2 ? ",a\n" : ",b\n");
  const Parts parts =
      CsvFile{.path = write(text), .test_split = 0.25, .missing_values = MissingValues::mean}
          .load();
  double sum = 0;
  int count = 0;
  bool is_learned = false;
  for (std::int64_t i = 0; i < parts.train.size(); ++i) {
    const float x = features(parts.train, i)[0];
    is_learned = is_learned || x != std::floor(x);
    if (x == std::floor(x)) {
      sum += x;
      ++count;
    }
  }
  EXPECT_EQ(parts.test.size(), 10);
  EXPECT_EQ(count, is_learned ? 29 : 30);
  EXPECT_NEAR(*parts.train.spec().table_form->columns[0].fill, sum / count, 1e-9);
}

TEST_F(CsvData, RowsKnowTheirLinesAndColumnsWhatTheyLack) {
  const std::string path = write("a,b,c\n1,x,0\n\n2,,1\n,y,0\n4,x,\n5,x,1\n");
  const std::string tests = write("a,b,c\n,x,0\n", "tests.csv");
  const Parts data =
      CsvFile{.path = path, .test_path = tests, .missing_values = MissingValues::mean}.load();
  ASSERT_EQ(data.train.size(), 4);
  EXPECT_EQ(data.train.name(0), path + ", line 2");
  EXPECT_EQ(data.train.name(3), path + ", line 7") << "line 6 has no target";
  EXPECT_EQ(data.test.name(0), tests + ", line 2");
  EXPECT_EQ(data.missing,
            (std::vector<std::pair<std::string, std::int64_t>>{{"a", 2}, {"b", 1}, {"c", 1}}));
  // However the rows are chosen and answered, each keeps its name.
  EXPECT_EQ(data.train.subset({3, 0}).one_hot().name(0), path + ", line 7");
  EXPECT_EQ(data.train.only_classes({"1"}).targeting_features().name(1), path + ", line 7");
  EXPECT_EQ(data.train.weighted(Tensor({4}, std::vector<float>{1, 1, 1, 1})).name(1),
            path + ", line 4");
}

TEST_F(CsvData, ClassesThatCountFrom1AreSaidToBeTakenForNumbers) {
  std::string text = "a,b\n";
  for (int i = 0; i < 30; ++i) text += std::to_string(i) + "," + std::to_string(1 + i % 3) + "\n";
  const std::string path = write(text);
  const Parts data = CsvFile{.path = path}.load();
  EXPECT_EQ(data.train.spec().num_classes, 0);
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "'b' is taken for a number to be predicted, not for classes\n"
            "  file     " +
                path +
                "\n"
                "  values   3 different whole numbers, 1 to 3\n"
                "  to fix   where each is a class: task = \"classification\"; else task = "
                "\"regression\"");
  for (const TableTask task : {TableTask::classification, TableTask::regression}) {
    EXPECT_TRUE((CsvFile{.path = path, .task = task}.load().notices.empty()));
  }
  EXPECT_TRUE((CsvFile{.path = path, .target_column = "a"}.load().notices.empty()))
      << "30 different numbers are no classes";
}

TEST_F(CsvData, TextsThatNoRowHadAreTold) {
  const Dataset learned = CsvFile{.path = write(flowers)}.load().train;
  const std::string path =
      write("petals,colour,length\n4,red,1\n4,green,1\n4,,1\n4,blue,1\n4,grey,\n", "new.csv");
  TableForm form = *learned.spec().table_form;
  form.columns[0].fill = 1;  // a model of rows that lacked cells
  std::vector<Notice> notices;
  const Tensor rows = read_table(path, form, notices);
  EXPECT_EQ(rows.shape(), (Shape{5, 5}));
  ASSERT_EQ(notices.size(), 3u);
  EXPECT_EQ(std::string(notices[0].what()),
            "1 value of the column 'length' is missing: it becomes 1, as where the model learned\n"
            "  file     " +
                path +
                "   line 6\n"
                "  to fix   complete them where the values are known");
  EXPECT_EQ(std::string(notices[1].what()),
            "2 texts in the column 'colour' are none of the categories that the model learned "
            "from: 0 for all of them\n"
            "  file     " +
                path +
                "   line 3\n"
                "  first    'green'\n"
                "  to fix   write these as in the training data, or train on data that have them");
  EXPECT_EQ(std::string(notices[2].what()),
            "1 value of the column 'colour' is missing: 0 for all of its categories, as where the "
            "model learned\n"
            "  file     " +
                path +
                "   line 4\n"
                "  to fix   complete them where the values are known");
  std::istringstream stream("length,colour,petals\n1,red,4\n");
  notices.clear();
  const Tensor row = read_table(stream, "standard input", form, notices);
  EXPECT_TRUE(std::ranges::equal(row.values<float>(), rows.values<float>().first(5)));
  EXPECT_TRUE(notices.empty());
}

TEST_F(CsvData, TestRowsAreReadAsThoseToLearnFrom) {
  const std::string train = write(flowers);
  const std::string test = write("name,petals,colour,length\nrose,4,green,9\n", "test.csv");
  const Parts parts = CsvFile{.path = train, .test_path = test}.load();
  EXPECT_EQ(features(parts.test, 0), (std::vector<float>{9, 0, 0, 0, 4})) << "green is new";
  EXPECT_EQ(parts.test.labels(), std::vector<std::int32_t>{2});
  EXPECT_EQ(read_table(test, *parts.train.spec().table_form),
            Tensor({1, 5}, std::vector<float>{9, 0, 0, 0, 4}));
  write("name,petals,colour,length\ntulip,4,red,9\n", "test.csv");
  EXPECT_EQ(message_of([&] { CsvFile{.path = train, .test_path = test}.load(); }),
            "'tulip' is none of the classes to learn\n"
            "  file     " +
                test +
                "   line 2\n"
                "  column   name\n"
                "  to fix   correct the cell; the classes are iris, lily, rose");
  write("petals,colour,name\n4,red,rose\n", "test.csv");
  EXPECT_EQ(message_of([&] { CsvFile{.path = train, .test_path = test}.load(); }).substr(0, 34),
            "the table has no column 'length'\n ");
}

TEST_F(CsvData, ClassesMayBeNamed) {
  const Dataset rows =
      CsvFile{.path = write("x,y\n1,b\n2,b\n"), .class_names = {"c", "b", "a"}}.load().train;
  EXPECT_EQ(rows.labels(), (std::vector<std::int32_t>{1, 1}));
  EXPECT_EQ(rows.spec().class_names, (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_THROW((CsvFile{.path = write("x,y\n1,b\n"), .class_names = {"b", "b"}}.load()),
               ConfigError);
  EXPECT_THROW((CsvFile{.path = write("x,y\n1,b\n"), .class_names = {"a"}}.load()), DataError);
  EXPECT_THROW(
      (CsvFile{
          .path = write("x,y\n1,2\n"), .task = TableTask::regression, .class_names = {"a", "b"}}
           .load()),
      ConfigError);
}

/// As a model that is measured on other rows needs it: what it learned holds, not what these show.
TEST_F(CsvData, RowsAreReadInAFormThatIsKnown) {
  const Dataset learned = CsvFile{.path = write("x,colour,y\n1,red,a\n3,blue,b\n,green,a\n"),
                                  .missing_values = MissingValues::mean}
                              .load()
                              .train;
  const CsvFile file{.path = write("y,colour,x,id\nb,green,8,1\nb,pink,,2\n", "new.csv"),
                     .target_column = "y",
                     .class_names = learned.spec().class_names,
                     .form = learned.spec().table_form};
  const Parts parts = file.load();
  EXPECT_EQ(features(parts.train, 0), (std::vector<float>{8, 0, 1, 0})) << "blue, green, red";
  EXPECT_EQ(features(parts.train, 1), (std::vector<float>{2, 0, 0, 0})) << "the mean of 1 and 3";
  EXPECT_EQ(parts.train.labels(), (std::vector<std::int32_t>{1, 1}));
  EXPECT_EQ(parts.train.spec().table_form->columns, learned.spec().table_form->columns);
  ASSERT_EQ(parts.notices.size(), 2u);
  EXPECT_EQ(parts.notices[0].sentence(),
            "1 value of the column 'x' is missing: it becomes 2, as where the model learned");
  EXPECT_EQ(parts.notices[1].sentence(),
            "1 text in the column 'colour' is none of the categories that the model learned from: "
            "0 for all of them");
  CsvFile found = file;
  found.path = write("x,y,colour\n8,b,green\n", "new.csv");
  found.target_column = {};
  EXPECT_EQ(found.load().train.labels(), std::vector<std::int32_t>{1})
      << "the one that is not known";
  found.path = write("x,colour\n8,green\n", "new.csv");
  EXPECT_EQ(message_of([&] { found.load(); }).substr(0, 39),
            "the table has no column to be predicted");
}

TEST_F(CsvData, WhatCannotBeMeantIsRefused) {
  const auto refused = [&](const std::string& text) {
    const std::string message = message_of([&] { CsvFile{.path = write(text)}.load(); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(refused("x,y\n1,a\n2,b\n3,c,d\n"), "a row has 3 cells, the first has 2");
  EXPECT_EQ(refused("x,x\n1,a\n"), "two columns are named 'x'");
  EXPECT_EQ(refused("x,y\n1,a\n2,b\noops,c\n4,a\n"),
            "the column 'x' is of numbers, but 'oops' is none");
  EXPECT_EQ(refused("x,y\n1,a\n2,a\n"), "the target 'y' has no value but 'a'");
  EXPECT_EQ(refused("x,y\n1,1\n2,2\n3,1e39\n4,4\n"),
            "the column 'y' is of numbers, but '1e39' is none")
      << "too large for float32";
  EXPECT_EQ(refused("x,y\n,a\n,b\n"), "the column 'x' is empty");
  EXPECT_EQ(refused("y\na\nb\n"), "the table has one column alone");
  const std::string path = write("x;y\n1;a\n2;b\n");
  EXPECT_EQ(message_of([&] { CsvFile{.path = path, .target_column = "y"}.load(); }),
            "the table has one column alone\n"
            "  file     " +
                path +
                "\n"
                "  column   x;y\n"
                "  to fix   say what stands between the cells: separator = \";\"");
  EXPECT_EQ(
      message_of([&] {
        CsvFile{.path = write(flowers), .ignore_columns = {"length", "colour", "petals"}}.load();
      }).substr(0, 44),
      "no column is left to predict the target from");
  EXPECT_EQ(
      message_of([&] { CsvFile{.path = write(flowers), .feature_columns = {"name"}}.load(); }),
      "'name' is among feature_columns, but it is the column to be predicted\n"
      "  to fix   name it in one of them");
  EXPECT_EQ(message_of([&] { CsvFile{.path = write(flowers), .ignore_columns = {"name"}}.load(); }),
            "'name' is the column to be predicted, and among ignore_columns\n"
            "  to fix   name another target_column: left out, it is the last");
  const std::string first =
      message_of([&] { CsvFile{.path = write("150,4,setosa\n1,2,0\n3,4,1\n5,6,1\n")}.load(); });
  EXPECT_EQ(first.substr(0, first.find('\n')), "the column '2' is of numbers, but 'setosa' is none")
      << first;
  EXPECT_EQ(refused(""), "the table has no rows");
  EXPECT_EQ(refused("x,y\n"), "the table has no rows");
  std::string names = "x,y\n";
  for (int i = 0; i < 1200; ++i) names += "n" + std::to_string(i) + (i % 2 ? ",a\n" : ",b\n");
  EXPECT_EQ(refused(names), "the column 'x' has too many different texts to be categories");
  std::string days = "x,y\n";
  for (int i = 0; i < 30; ++i) days += "day " + std::to_string(i) + (i % 2 ? ",a\n" : ",b\n");
  EXPECT_EQ(refused(days), "the column 'x' has too many different texts to be categories");
  EXPECT_EQ((CsvFile{.path = write(days), .categorical_columns = {"x"}}.load().train.size()), 30);
  EXPECT_THROW(CsvFile{}.load(), ConfigError);
  EXPECT_THROW((CsvFile{.path = write(flowers), .separator = ", "}.load()), ConfigError);
  EXPECT_THROW((CsvFile{.path = at("nowhere.csv")}.load()), FileError);
}

TEST_F(CsvData, SayHowARowOfAnotherWidthIsMended) {
  const auto fix = [&](const std::string& text) {
    const std::string message = message_of([&] { CsvFile{.path = write(text)}.load(); });
    return message.substr(message.find("to fix   ") + 9);
  };
  EXPECT_EQ(fix("x,y\n1,a\n2\n"), "complete the row, or check that quotes are closed");
  EXPECT_EQ(fix("x,y\n1,a\n2,b,c\n"),
            "remove cells, or put those that hold the separator into quotes");
  EXPECT_EQ(fix("made in May\nx,y\n1,a\n"),
            "say how many lines stand before the table, as skip_rows = 1, or what separates cells, "
            "as separator = \";\"");
}

TEST_F(CsvData, TabsHaveAName) {
  const std::string path = write("x\ty\n1\ta\n2\tb\n");
  for (const char* separator : {"\t", "\\t", "tab"}) {
    const Dataset rows = CsvFile{.path = path, .separator = separator}.load().train;
    EXPECT_EQ(rows.size(), 2);
    EXPECT_EQ(rows.spec().table_form->separator, "\t");
  }
  EXPECT_EQ(message_of([&] { CsvFile{.path = path, .separator = "tabs"}.load(); }),
            "the separator of cells is one character, not 'tabs'\n"
            "  to fix   separator = \";\" for a semicolon, separator = \"tab\" for a tab");
}

TEST_F(CsvData, NumbersWithACommaAreNoTexts) {
  const auto refused = [&](const CsvFile& file) {
    return message_of([&] { static_cast<void>(file.load()); });
  };
  const std::string path = write("x;y\n0;a\n1,5;b\n2,5;a\n");
  EXPECT_EQ(
      refused({.path = path, .separator = ";"}),
      "the column 'x' has numbers with a comma, as '1,5'\n"
      "  file     " +
          path +
          "   line 3\n"
          "  to fix   write a point for the comma of decimals, nothing for that of thousands");
  EXPECT_EQ(refused({.path = path, .target_column = "x", .separator = ";"}),
            refused({.path = path, .separator = ";"}));
  EXPECT_EQ(refused({.path = path, .categorical_columns = {"x"}, .separator = ";"}), "no error");
  write("x;y\n1,5;a\nabout 2,5;b\n");
  EXPECT_EQ(refused({.path = path, .separator = ";"}), "no error") << "texts";
}

TEST_F(CsvData, SayWhereTheTargetIsEmpty) {
  const std::string path = write("a,b,c,\n1,2,x,\n3,4,y,\n");
  EXPECT_EQ(message_of([&] { CsvFile{.path = path}.load(); }),
            "the last column has no name and no values\n"
            "  file     " +
                path +
                "\n"
                "  to fix   where lines end in a separator: target_column = \"c\" and "
                "ignore_columns = [\"\"]");
  EXPECT_EQ(
      (CsvFile{.path = path, .target_column = "c", .ignore_columns = {""}}.load().train.size()), 2);
  write("a,b\n1,\n3,\n");
  EXPECT_EQ(message_of([&] { CsvFile{.path = path}.load(); }),
            "the target 'b' is missing in all rows\n"
            "  file     " +
                path + "\n  to fix   name another target_column");
}

/// As pandas writes a table, if it isn't told otherwise.
TEST_F(CsvData, SayThatTheFirstColumnCountsTheRows) {
  const std::string path = write(",a,b\n0,5,x\n1,4,y\n2,5,y\n");
  const Parts data = CsvFile{.path = path}.load();
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "the first column has no name and counts the rows, but is taken for something to learn "
            "from\n"
            "  file     " +
                path + "\n  to fix   leave it out: ignore_columns = [\"\"]");
  EXPECT_TRUE((CsvFile{.path = path, .ignore_columns = {""}}.load().notices.empty()));
  for (const char* other : {"n,a,b\n0,5,x\n1,4,y\n2,5,y\n", ",a,b\n1,5,x\n2,4,y\n3,5,y\n",
                            ",a,b\n0,5,x\n2,4,y\n2.5,5,y\n"}) {
    write(other);
    EXPECT_TRUE(CsvFile{.path = path}.load().notices.empty()) << other;
  }
}

}  // namespace
}  // namespace sloy::data
