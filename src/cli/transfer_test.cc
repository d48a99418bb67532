// outboard export and import, as processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_testing.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const char* everything =
    "create table kinds(id integer primary key autoincrement, v, t text not null default 'x', "
    "twice as (id * 2));"
    "insert into kinds(v, t) values (1, '1'), (1.5, ''), (null, 'a,\"b'), (x'00ff', 'a' || "
    "char(10) "
    "|| 'b'), ('7', 'null'), ('it''s', 'Größe'), (9e999, cast(x'6100' as text));"
    "delete from kinds where id = 1;"
    "create table tag(name text primary key, kind references kinds) without rowid;"
    "insert into tag values ('a', 2);"
    "create index by_t on kinds(t);"
    "create view shown as select t from kinds;"
    "create trigger grows after insert on tag begin update kinds set v = new.name; end;"
    "pragma user_version = 7;";

const char* contents = "select id, typeof(v), quote(v), quote(t), hex(t) from kinds order by id";

class Transfers : public testing::Test {
 protected:
  Outcome run(Arguments arguments, std::string_view input = {}) {
    return run_command(arguments, input);
  }
  std::string at(const std::string& name) { return folder.path() / name; }
  std::string query(const std::string& db, const std::string& sql) {
    auto ran = run({"exec", at(db), sql, "--csv"});
    return ran.out + ran.errors;
  }
  void SetUp() override {
    ASSERT_EQ(run({"exec", at("a.db"), everything, "--create"}).exit_code, 0);
  }

  net::TestFolder folder;
};

TEST_F(Transfers, ACopyIsTheSameDatabase) {
  auto exported = run({"export", at("a.db"), at("copy.sqlite"), "--json"});
  EXPECT_EQ(exported.exit_code, 0);
  EXPECT_THAT(
      exported.out,
      HasSubstr("\"bytes\":" + std::to_string(std::filesystem::file_size(at("copy.sqlite")))));
  EXPECT_EQ(query("copy.sqlite", contents), query("a.db", contents));
  EXPECT_EQ(run({"import", at("b.db"), at("copy.sqlite")}).exit_code, 0);
  EXPECT_EQ(query("b.db", contents), query("a.db", contents));

  auto refused = run({"import", at("b.db"), at("copy.sqlite")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("holds data"));
  EXPECT_EQ(run({"import", at("b.db"), at("copy.sqlite"), "--replace"}).exit_code, 0);
}

TEST_F(Transfers, AScriptMakesTheSameDatabase) {
  EXPECT_EQ(run({"export", at("a.db"), at("a.sql")}).exit_code, 0);
  auto imported = run({"import", at("b.db"), at("a.sql")});
  EXPECT_EQ(imported.exit_code, 0) << imported.errors;
  const std::string schema = "select type, name, sql from sqlite_schema order by name";
  for (auto& sql :
       {std::string(contents), schema, std::string("select * from tag"),
        std::string("select * from sqlite_sequence"), std::string("pragma user_version")})
    EXPECT_EQ(query("b.db", sql), query("a.db", sql));
  EXPECT_EQ(run({"export", at("b.db"), "-", "--format", "sql"}).out, contents_of(at("a.sql")));
}

TEST_F(Transfers, RowsComeBackFromCsvAndJsonWithTheirTypes) {
  query("a.db", "delete from kinds where id > 6");  // a zero byte is no business of a CSV
  for (std::string suffix : {".csv", ".json"}) {
    auto file = at("kinds" + suffix), db = "from" + suffix + ".db";
    EXPECT_EQ(run({"export", at("a.db"), file, "--query", "select id, v, t from kinds"}).exit_code,
              0);
    EXPECT_EQ(run({"import", at(db), file}).out, "5 rows\n");
    EXPECT_EQ(query(db, contents), query("a.db", contents)) << contents_of(file);
    EXPECT_EQ(run({"export", at(db), "-", "--format", suffix.substr(1)}).out, contents_of(file));
  }
}

TEST_F(Transfers, NoRowsHaveAHeaderAllTheSame) {
  EXPECT_EQ(run({"export", at("a.db"), "-", "--format", "csv", "--query",
                 "select id, t from kinds where id > 99;"})
                .out,
            "id,t\n");
}

TEST_F(Transfers, ImportAddsToTheColumnsThatTheHeaderNames) {
  auto csv = folder.write("in.csv", "T\nfirst\nsecond\n");
  EXPECT_EQ(run({"import", at("a.db"), csv, "--table", "kinds", "--json"}).out, "{\"rows\":2}\n");
  EXPECT_EQ(query("a.db", "select v, t from kinds where id > 7"), "v,t\n,first\n,second\n");
  auto wrong =
      run({"import", at("a.db"), "-", "--format", "csv", "--table", "kinds"}, "t,u\n1,2\n");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("the table kinds has no column u\n  rename it"));
}

TEST_F(Transfers, AFaultKeepsNothing) {
  auto before = query("a.db", contents);
  std::string many = "t\n";
  for (int i = 0; i < 50'000; ++i) many += "row " + std::to_string(i) + "\n";
  for (auto& [name, content, message] :
       {std::tuple{"half.csv", "v,t\n1,a\n2\n", "line 3: 1 field, but the header has 2"},
        {"late.csv", many.c_str(), nullptr},
        {"quote.csv", "v,t\n1,\"a\n", "line 2: a quoted field does not end"},
        {"empty.csv", "", "there is nothing in it"},
        {"bad.json", "{\"v\":1}\n{\"v\":\n", "line 2: this is not JSON"},
        {"list.json", "[1]\n", "line 1: this is not an object"},
        {"more.json", "{\"v\":1}\n{\"w\":1}\n", "line 2: \"w\" is not a member of the first line"},
        {"null.json", "{\"t\":\"a\"}\n{\"t\":null}\n", "NOT NULL constraint failed"},
        {"bad.sql", "insert into kinds(v) values (1);\n\nselect\n*\nfrom nowhere;\n",
         "line 2: no such table: nowhere"}}) {
    auto file = folder.write(name, std::string(content) + (message ? "" : "x,y\n"));
    Arguments arguments{"import", at("a.db"), file};
    if (!file.string().ends_with(".sql")) arguments.insert(arguments.end(), {"--table", "kinds"});
    auto failed = run(arguments);
    EXPECT_EQ(failed.exit_code, 1) << name;
    EXPECT_THAT(failed.errors, HasSubstr(message ? message : "line 50002: 2 fields")) << name;
    EXPECT_EQ(query("a.db", contents), before) << name;
  }
}

TEST_F(Transfers, AFailedImportLeavesNoNewFile) {
  auto letter = folder.write("letter.db", std::string(5000, 'x'));
  EXPECT_EQ(run({"import", at("new.db"), letter}).exit_code, 4);
  EXPECT_EQ(run({"import", at("new.db"), "-", "--format", "sql"}, "nonsense;").exit_code, 1);
  for (auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("new.db")) << entry;
}

TEST_F(Transfers, ReadsWhatSqlitesOwnShellDumps) {
  auto dump =
      "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a, b);\n"
      "INSERT INTO t VALUES(1,'line\n;\n');\nCOMMIT;\n";
  EXPECT_EQ(run({"import", at("b.db"), "-", "--format", "sql"}, dump).out, "2 statements\n");
  EXPECT_EQ(query("b.db", "select quote(b) as b from t"), "b\n\"'line\n;\n'\"\n");
}

TEST_F(Transfers, RefusesWhatItCannotDoBeforeItDoesAnything) {
  for (auto& [arguments, message] :
       {std::pair{Arguments{"export", at("a.db"), at("a.db")}, "the output is the database itself"},
        {{"export", at("a.db"), at("x.txt")}, "cannot be told by its name"},
        {{"export", at("a.db"), at("x.csv")}, "which table? There are kinds, tag"},
        {{"export", at("a.db"), at("x.sql"), "--table", "tag"}, "goes to CSV or JSON"},
        {{"export", at("a.db"), "-", "--format", "db"}, "not written to standard output"},
        {{"export", at("a.db"), at("no/x.csv"), "--table", "tag"}, "cannot write"},
        {{"export", at("a.db"), at("x.csv"), "--table", "none"}, "no such table: none"},
        {{"import", at("new.db"), at("none.csv")}, "cannot read"},
        {{"import", at("new.db"), at("none.db")}, "cannot read"},
        {{"import", at("new.db"), "-", "--format", "csv"}, "into which table?"}}) {
    auto failed = run(arguments);
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_THAT(failed.errors, HasSubstr(message));
  }
  EXPECT_FALSE(fs::exists(at("new.db")));
  EXPECT_FALSE(fs::exists(at("x.csv")));
  EXPECT_FALSE(fs::exists(at("x.csv.part")));
}

TEST_F(Transfers, CtrlCKeepsNothingOfAnImport) {
  Child child({"import", at("a.db"), "-", "--format", "csv", "--table", "tag"});
  child.write("name\n");
  for (int i = 0; i < 100; ++i) child.write("t" + std::to_string(i) + "\n");
  ::usleep(200'000);
  child.signal(SIGINT);
  ::usleep(50'000);
  child.end_input();
  EXPECT_EQ(child.wait(), 130);
  EXPECT_EQ(query("a.db", "select count(*) as n from tag"), "n\n1\n");
}

TEST_F(Transfers, ATerminalSeesABarAndAFileDoesNot) {
  std::string csv = "v\n";
  for (int i = 0; i < 200'000; ++i) csv += std::to_string(i) + "\n";
  auto file = folder.write("v.csv", csv);
  TerminalChild child({"import", at("b.db"), file});
  EXPECT_THAT(child.until("200000 rows"), HasSubstr("%"));
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(run({"import", at("c.db"), file}).errors, "");
}

}  // namespace
}  // namespace outboard::cli
