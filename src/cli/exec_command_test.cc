// outboard exec, check and version, as processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_testing.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Commands : public testing::Test {
 protected:
  Outcome exec(Arguments arguments, std::string_view input = {}) {
    arguments.insert(arguments.begin(), {"exec", db});
    return run_command(arguments, input);
  }
  void SetUp() override {
    auto made = exec({"--create",
                      "create table note(id integer primary key, title text, of "
                      "references note); insert into note values (1, 'Sea', null)"});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    ASSERT_EQ(made.out, "1 row changed\n");
  }
  net::TestFolder folder;
  std::string db = folder.path() / "notes.db";
};

TEST_F(Commands, ExecPrintsTablesJsonAndCsv) {
  EXPECT_EQ(exec({"select id, title, of from note"}).out,
            "┌────┬───────┬────┐\n│ id │ title │ of │\n├────┼───────┼────┤\n│  1 │ Sea   │ ∅  │\n"
            "└────┴───────┴────┘\n");
  EXPECT_EQ(exec({"select * from note", "--json"}).out,
            "{\"id\":1,\"title\":\"Sea\",\"of\":null}\n");
  EXPECT_EQ(exec({"select * from note", "--csv"}).out, "id,title,of\n1,Sea,\n");
  EXPECT_EQ(exec({"update note set title = 'See'", "--json"}).out,
            "{\"changes\":1,\"last_insert_rowid\":0}\n");
}

TEST_F(Commands, ExecTakesParametersAndStandardInput) {
  EXPECT_EQ(
      exec({"select ? as a, ? as b, ? as c", "-p", "42", "-p", "null", "-p", "'42'", "--json"}).out,
      "{\"a\":42,\"b\":null,\"c\":\"42\"}\n");
  EXPECT_EQ(exec({"select :a || @b as c", "--param", ":a=x=y", "-p", "@b=z", "--csv"}).out,
            "c\nx=yz\n");
  EXPECT_EQ(exec({"select ? as a", "--param=-5", "--csv"}).out, "a\n-5\n");
  EXPECT_EQ(exec({"select 1 as a", "-", "--csv"}, "select 2 as b;").out, "a\n1\nb\n2\n");
  EXPECT_EQ(exec({"select ?, :a", "-p", "1", "-p", ":a=2"}).exit_code, 1);
  EXPECT_EQ(exec({"select ?", "select 2", "-p", "1"}).exit_code, 1);
}

TEST_F(Commands, ExecIsAtomicIfAsked) {
  for (auto [flag, left] : {std::pair{"--csv", "2"}, {"--atomic", "1"}}) {
    auto failed =
        exec({"insert into note(title) values ('Sand')", "insert into nowhere values (1)", flag});
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_THAT(failed.errors, StartsWith("outboard: bad_request: no such table: nowhere\n"));
    EXPECT_EQ(exec({"select count(*) as n from note", "--csv"}).out,
              std::string("n\n") + left + "\n");
    exec({"delete from note where id > 1"});
  }
}

TEST_F(Commands, ErrorsAreJsonWhereOutputIs) {
  auto failed = exec({"insert into note values (1, '', 0)", "--json"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.errors, StartsWith(R"({"error":{"code":"constraint","message":"UNIQUE)"));
}

TEST_F(Commands, AMissingFileIsNotMade) {
  auto other = folder.path() / "other.db";
  for (auto& arguments : {Arguments{"exec", other, "select 1"},
                          {"check", other},
                          {"export", other, folder.path() / "x.csv"}}) {
    auto failed = run_command(arguments);
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_THAT(failed.errors, StartsWith("outboard: not_found: there is no file "));
  }
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_EQ(run_command({"exec", other, "select 1", "--create", "--csv"}).out, "1\n1\n");
}

TEST_F(Commands, AFileThatIsNoDatabaseIsCalledSo) {
  auto file = folder.write("letter.db", std::string(5000, 'x'));
  for (auto& arguments : {Arguments{"exec", file, "select 1"}, {"check", file}, {"shell", file}}) {
    auto failed = run_command(arguments);
    EXPECT_EQ(failed.exit_code, 4);
    EXPECT_THAT(failed.errors, StartsWith("outboard: corrupt: file is not a database\n"));
  }
  EXPECT_EQ(run_command({"exec", folder.path(), "select 1"}).exit_code, 1);
}

TEST_F(Commands, AFileThatAnotherProcessHoldsIsBusyAndTheHolderNamed) {
  Child holder({"shell", db});
  holder.write("select 'mine';\n");
  while (holder.out_line().find("mine") == std::string::npos) {
  }
  auto failed = exec({"select 1"});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.errors, HasSubstr("outboard: busy: "));
  EXPECT_THAT(failed.errors,
              HasSubstr("held by another process (" + std::to_string(holder.pid()) + ")"));
  holder.end_input();
  EXPECT_EQ(holder.wait(), 0);
  EXPECT_EQ(exec({"select 1"}).exit_code, 0);
}

TEST_F(Commands, ABrokenPipeEndsQuietly) {
  Child child({"exec", db,
               "with recursive i(v) as (select 1 union all select v + 1 from i where v < "
               "300000) select v from i",
               "--csv"});
  EXPECT_EQ(child.out_line(), "v\n");
  child.close_output();
  EXPECT_EQ(child.rest_of_errors(), "");
  EXPECT_EQ(child.wait(), -SIGPIPE);
  EXPECT_EQ(exec({"select 1"}).exit_code, 0);
}

TEST_F(Commands, CtrlCTakesBackWhatRuns) {
  Child child({"exec", db, "select 'before' as v",
               "insert into note(id) with recursive i(v) as "
               "(select 2 union all select v + 1 from i) select v from i",
               "--csv"});
  EXPECT_EQ(child.out_line(), "v\n");
  ::usleep(100'000);
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 130);
  EXPECT_THAT(child.rest_of_errors(), StartsWith("outboard: cancelled: interrupted"));
  EXPECT_EQ(exec({"select count(*) as n from note", "--csv"}).out, "n\n1\n");
}

TEST_F(Commands, CheckTellsWhatIsWrong) {
  auto sound = run_command({"check", db});
  EXPECT_EQ(sound.exit_code, 0);
  EXPECT_EQ(sound.out, db + " is sound\n");
  EXPECT_EQ(run_command({"check", db, "--json"}).out, "");

  exec({"pragma foreign_keys = off; insert into note values (2, 'Shore', 9)"});
  auto dangling = run_command({"check", db});
  EXPECT_EQ(dangling.exit_code, 4);
  EXPECT_EQ(dangling.out, "row 2 of note: its of is not in note\n");
  EXPECT_EQ(dangling.errors.substr(0, dangling.errors.find('\n')),
            "outboard: corrupt: 1 thing is wrong with " + db);
  EXPECT_EQ(run_command({"check", db, "--json"}).out,
            "{\"kind\":\"foreign_key\",\"sentence\":\"row 2 of note: its of is not in note\"}\n");
}

TEST_F(Commands, CheckFindsDamage) {
  exec(
      {"create table big as with recursive i(v) as (select 1 union all select v + 1 from i where v "
       "< "
       "2000) select v, 'some text' as t from i; create index of_big on big(v)"});
  std::fstream file(db, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 8 + 100);
  file << std::string(2000, '\xee');
  file.close();
  auto damaged = run_command({"check", db});
  EXPECT_EQ(damaged.exit_code, 4);
  EXPECT_THAT(damaged.out + damaged.errors, HasSubstr("outboard: corrupt: "));
}

TEST_F(Commands, VersionIsJsonIfAsked) {
  EXPECT_THAT(run_command({"version", "--json"}).out,
              testing::MatchesRegex("\\{\"outboard\":\"[0-9.]+\",\"sqlite\":\"3[0-9.]+\"\\}\n"));
}

}  // namespace
}  // namespace outboard::cli
