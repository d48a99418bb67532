// outboard shell, on a terminal and on pipes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_testing.h"
#include "net/test_folder.h"

namespace outboard::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class Shells : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
    ::setenv("TERM", "xterm", 1);
  }
  void TearDown() override { ::unsetenv("XDG_STATE_HOME"); }
  Outcome piped(std::string_view input) { return run_command({"shell", db}, input); }

  net::TestFolder folder;
  std::string db = folder.path() / "notes.db";
};

const char* endless =
    "with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i;\n";

TEST_F(Shells, ATerminalIsGreetedAndAnsweredWithTables) {
  TerminalChild shell({"shell", db});
  EXPECT_THAT(shell.until("outboard> "), HasSubstr("notes.db, new. .help tells what there is."));
  shell.type("create table note(id integer primary key,\n");
  shell.until("...> ");
  shell.type("title text);\n");
  shell.until(" ms");
  shell.until("outboard> ");
  shell.type("insert into note(title) values ('Größe'), (null);\n");
  EXPECT_THAT(shell.until(" ms"), HasSubstr("2 rows changed"));
  shell.until("outboard> ");
  shell.type("select * from note;\n");
  auto shown = shell.until(" ms");
  EXPECT_THAT(shown, HasSubstr("│  1 │ Größe │"));
  EXPECT_THAT(shown, HasSubstr("│  2 │ \033[2m∅\033[0m     │"));
  EXPECT_THAT(shown, HasSubstr("2 rows, "));
  shell.until("outboard> ");
  shell.type_key('\x04');
  EXPECT_EQ(shell.wait(), 0);
}

TEST_F(Shells, CtrlCTakesBackTheStatementAndNotTheShell) {
  TerminalChild shell({"shell", db});
  shell.until("outboard> ");
  for (int round = 0; round < 2; ++round) {
    shell.type(endless);
    shell.until("\n");
    ::usleep(100'000);
    shell.type("\x03");
    shell.until("cancelled");
    shell.until("outboard> ");
  }
  shell.type("half a state");
  shell.until("state");
  shell.type("\x03");
  shell.until("outboard> ");
  shell.type("select 6 * 7 as v;\n");
  shell.until("42");
  shell.until("outboard> ");
  shell.type(".quit\n");
  EXPECT_EQ(shell.wait(), 0);
}

TEST_F(Shells, HistoryComesBackInTheNextShellAndIsPrivate) {
  {
    TerminalChild shell({"shell", db});
    shell.until("outboard> ");
    shell.type("select 'remem'\n||\n'bered';\n");
    shell.until(" ms");
    shell.until("outboard> ");
    shell.type(".quit\n");
    EXPECT_EQ(shell.wait(), 0);
  }
  auto file = folder.path() / "outboard" / "history";
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
  TerminalChild shell({"shell", db});
  shell.until("outboard> ");
  shell.type("\x10\x10\n");  // up, over .quit
  EXPECT_THAT(shell.until(" ms"), HasSubstr("remembered"));
}

TEST_F(Shells, TabCompletesNamesAndCommands) {
  EXPECT_EQ(piped("create table remarks(wording); create table remarked(v);").exit_code, 0);
  TerminalChild shell({"shell", db, "--mode", "csv"});
  shell.until("outboard> ");
  shell.type("select 'x' as word");
  shell.type_key('\t');
  shell.until("ing ");
  shell.type(";\n");
  shell.until("wording\r\nx\r\n");
  shell.until("outboard> ");
  shell.type("select * from rema");
  shell.type_key('\t');
  shell.until("rk");
  shell.type("\t");
  shell.until("remarked  remarks  ");
  shell.type("s\t;\n");
  shell.until(" ms");
  shell.until("outboard> ");
  shell.type(".qu");
  shell.type_key('\t');
  shell.until("it ");
  shell.type("\n");
  EXPECT_EQ(shell.wait(), 0);
}

TEST_F(Shells, APipeIsAnsweredWithoutPromptsUpToTheFirstError) {
  auto ran = piped(
      "create table a(v);\ninsert into a values (1);\n.mode csv\nselect v\nfrom a;\nselect 2");
  EXPECT_EQ(ran.exit_code, 0) << ran.errors;
  EXPECT_EQ(ran.out, "1 row changed\nv\n1\n2\n2\n");
  EXPECT_EQ(ran.errors, "");
  auto failed = piped("select * from nowhere;\nselect 1;\n");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.errors, HasSubstr("outboard: bad_request: no such table: nowhere"));
}

TEST_F(Shells, EachStatementOfALineIsAnswered) {
  EXPECT_EQ(piped(".mode csv\nselect ';' as a; select 2 as b; -- and so on\nselect 3\nas c;\n").out,
            "a\n;\nb\n2\nc\n3\n");
}

TEST_F(Shells, DotCommandsTellAndSet) {
  auto ran = piped(
      "create table note(v); create view latest as select * from note;\n"
      ".tables\n.tables l%\n.schema note\n.mode json\nselect 1 as a;\n.mode csv\nselect 2 as b;\n"
      ".help\n.quit\nselect 'never';\n");
  EXPECT_EQ(ran.exit_code, 0) << ran.errors;
  EXPECT_THAT(ran.out, testing::StartsWith("latest\nnote\nlatest\nCREATE TABLE note(v);\n"
                                           "{\"a\":1}\nb\n2\n.help "));
  EXPECT_THAT(ran.out, Not(HasSubstr("never")));
  for (auto& [line, message] : {std::pair{".frob\n", "there is no command .frob"},
                                {".mode x\n", "there is no mode \"x\""},
                                {".timer\n", ".timer is on or off"},
                                {".schema none\n", "there is no table none"}}) {
    auto failed = piped(line);
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_THAT(failed.errors, HasSubstr(message));
  }
}

TEST_F(Shells, H4_ATransactionIsOpenForAsLongAsSomebodyTypes) {
  Child shell({"shell", db, "--mode", "csv"});
  shell.write("create table t(v);\nbegin;\ninsert into t values (1);\nselect 'in' as v;\n");
  while (shell.out_line() != "in\n") {
  }
  ::sleep(6);  // an idle transaction has five seconds
  shell.write("insert into t values (2);\nrollback;\nbegin;\ninsert into t values (3); commit;\n");
  shell.write("select v from t;\n");
  shell.end_input();
  EXPECT_EQ(shell.rest_of_out(), "v\n3\n");
  EXPECT_EQ(shell.wait(), 0) << shell.rest_of_errors();
  EXPECT_EQ(piped("commit;\n").exit_code, 1);
  EXPECT_EQ(piped("begin;\nbegin;\n").exit_code, 1);
  EXPECT_EQ(piped("begin;\ndelete from t;\n").exit_code, 0);  // left open: rolled back
  EXPECT_EQ(piped(".mode csv\nselect v from t;\n").out, "v\n3\n");
}

}  // namespace
}  // namespace outboard::cli
