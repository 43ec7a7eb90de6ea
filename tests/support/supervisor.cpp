// SPDX-License-Identifier: MIT
#include "support/supervisor.hpp"

#include "explore/report/page.hpp"
#include "support/explanation.hpp"
#include "support/kept_stderr.hpp"
#include "support/machine.hpp"
#include "support/processes_below.hpp"
#include "support/results.hpp"
#include "support/stillness.hpp"
#include "support/watch_page.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

constexpr int default_limit_s = 20;
constexpr milliseconds grace{2000};             // for children to end
constexpr std::size_t most_output = 256 * 1024; // is kept of what a case prints
constexpr std::size_t far_too_much = 64 << 20;  // ends it

// Of a case that seems to hold whatever is expected of it; with no more time one round must do.
constexpr int most_rounds = 5;
constexpr seconds most_time_for_rounds{60};
constexpr const char* now_and_then =
    "It broke this promise in one run and kept it in the next: check it several times.\n";

// What ends the supervisor, and with it everything of the case.
constexpr int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
volatile std::sig_atomic_t interrupted = 0;

// No wider than the reader's page.
std::string in_lines(const std::string& text, const std::string& indent = {})
{
    explorer::page out;
    out.wrapped(text, indent, indent.empty() ? "  " : indent + "    ");
    return out.taken();
}

[[noreturn]] void fail_with_errno(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

// The memory of the page as a file, so that a program which knows nothing else of us can map it.
int make_page_file()
{
    const int file = memfd_create("watch page", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, sizeof(watch_page)) != 0) {
        fail_with_errno("memfd_create");
    }
    return file;
}

void* map_page(int file)
{
    return mmap(nullptr, sizeof(watch_page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

watch_page* share_a_page(int file)
{
    void* memory = map_page(file);
    if (memory == MAP_FAILED) {
        fail_with_errno("mmap");
    }
    auto* shared = new (memory) watch_page{};
    shared->seconds_allowed = default_limit_s;
    return shared;
}

// Leaves `from` as `to` for the program that this process becomes.
void pass_on(int from, int to)
{
    dup2(from, to);
    if (from == to) { // dup2 does nothing then, and leaves it to be closed
        fcntl(from, F_SETFD, 0);
    }
}

[[noreturn]] void become(const std::vector<std::string>& command, int page_file, int results)
{
    if (results == program_page) {
        results = dup(results);
    }
    pass_on(page_file, program_page);
    pass_on(results, program_results);
    std::vector<char*> words;
    for (const std::string& word : command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    execv(words[0], words.data());
    cannot_judge("cannot run " + command[0] + ": " + std::strerror(errno));
}

std::vector<pid_t> own_children()
{
    std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
    std::vector<pid_t> children;
    for (pid_t child; list >> child;) {
        children.push_back(child);
    }
    return children;
}

// Not by recv() and send(): an answer to the exercise about patching puts its own in their place,
// and this process is the same program.
ssize_t receive_at_once(int from, result_message& into)
{
    return syscall(SYS_recvfrom, from, &into, sizeof into, MSG_DONTWAIT, nullptr, nullptr);
}

void send_at_once(int to, int answer)
{
    syscall(SYS_sendto, to, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
}

// In a seed's place: each number that is drawn is as small or as large as it may be. No seed is so
// long.
constexpr std::uint64_t smallest_numbers = 2'000'000'000'000'000'000;
constexpr std::uint64_t largest_numbers = smallest_numbers + 1;

// What cases draw; the same again in each run of a case.
class numbers {
public:
    explicit numbers(std::uint64_t seed) : seed_(seed), drawn_(seed != 0), random_(seed) {}

    int draw(int usual, int least, int most)
    {
        if (!drawn_ || least > most) {
            return usual;
        }
        if (seed_ == smallest_numbers || seed_ == largest_numbers) {
            return seed_ == smallest_numbers ? least : most;
        }
        return std::uniform_int_distribution(least, most)(random_);
    }

private:
    const std::uint64_t seed_;
    const bool drawn_;
    std::mt19937_64 random_;
};

std::uint64_t seed_in_the_environment()
{
    const char* said = std::getenv("WORKBOOK_NUMBERS"); // empty: not set
    const std::string text = said ? said : "";
    if (text == "smallest" || text == "largest") {
        return text == "smallest" ? smallest_numbers : largest_numbers;
    }
    if (text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) {
        throw std::invalid_argument("WORKBOOK_NUMBERS is '" + text +
                                    "' and no whole number: correct it, or unset WORKBOOK_NUMBERS");
    }
    return text.empty() ? 0 : std::stoull(text);
}

// Of a process that waits for an answer. What the kernel says of a system call is its number, six
// arguments, the stack and the instruction.
struct waiting {
    explicit waiting(const std::string& call)
    {
        std::istringstream words(call);
        words >> std::hex;
        for (unsigned long& one : said) {
            words >> one;
        }
    }
    waiting() = default;

    bool waits() const { return instruction() != 0; }
    unsigned long instruction() const { return said[8]; }
    bool shows(const result_message& told) const
    {
        const result_arguments with(program_results, told);
        return said[1] == with.descriptor && said[4] == with.flags && said[6] == with.length;
    }

    unsigned long said[9] = {};
};

// Where in its program the process waits for an answer. It may not wait yet, but will soon. Nowhere
// if it does not, or has ended, which its descriptor tells.
waiting where_it_waits(pid_t process, int ended)
{
    const std::string file = "/proc/" + std::to_string(process) + "/syscall";
    const std::string receiving = std::to_string(SYS_recvfrom) + " ";
    pollfd over{ended, POLLIN, 0};
    const auto end = steady::now() + seconds{10};
    for (int looks = 0; steady::now() < end && poll(&over, 1, looks > 100) == 0; ++looks) {
        const std::string call = first_line(file);
        if (call.starts_with(receiving)) {
            return waiting(call);
        }
        sched_yield();
    }
    return {};
}

std::string name_of(pid_t process)
{
    return std::to_string(process) + " (" +
           first_line("/proc/" + std::to_string(process) + "/comm") + ")";
}

class supervision {
public:
    // Of a body that gets the file of the watch page and where to send its results. Its `turn`th
    // assertion, counted from 1, has its expectation turned round. `same_program`: as this process;
    // else addresses in the page mean nothing here, and no message is trusted that comes from
    // elsewhere in the program than the first one. `seed`: of the numbers that it draws.
    supervision(const std::function<void(int, int)>& body, bool same_program, std::uint64_t seed,
                int turn = 0)
        : turn_(turn), page_(share_a_page(page_file_)), same_program_(same_program), numbers_(seed)
    {
        start(body);
    }
    ~supervision()
    {
        kill_everything();
        close(output_);
        close(results_);
        close(ended_);
        close(page_file_);
        munmap(page_, sizeof(watch_page));
    }
    supervision(const supervision&) = delete;
    supervision& operator=(const supervision&) = delete;

    outcome judge()
    {
        watch();
        const std::string left = leftovers();
        kill_everything();
        read_output();
        read_results();
        text_ = without_repetitions(text_);
        outcome found = verdict_with(left);
        if (found.is == verdict::failed) {
            if (const std::string why = lacking_for_this_failure(); !why.empty()) {
                found = {verdict::cannot_judge, "Cannot judge: " + why + "\n"};
            }
        }
        found.assertions = end_.assertions;
        found.asked = asked_;
        return found;
    }

    bool has_turned() const { return turn_ > 0 && asked_ >= turn_; }
    bool held_in_any_case() const { return held_in_any_case_; }

private:
    void start(const std::function<void(int, int)>& body)
    {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) {
            fail_with_errno("pipe");
        }
        int results[2]; // messages stay whole
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, results) != 0) {
            fail_with_errno("socketpair");
        }
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        std::fflush(nullptr);
        const pid_t parent = getpid();
        child_ = fork();
        if (child_ < 0) {
            fail_with_errno("fork");
        }
        if (child_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) {
                _exit(1); // the supervisor died before it could be asked for
            }
            close(results[0]);
            run(body, ends, results[1]);
        }
        setpgid(child_, child_); // both sides do it: whoever comes first
        close(ends[1]);
        close(results[1]);
        results_ = results[0];
        output_ = ends[0];
        fcntl(output_, F_SETFL, O_NONBLOCK);
        ended_ = static_cast<int>(syscall(SYS_pidfd_open, child_, 0));
    }

    [[noreturn]] void run(const std::function<void(int, int)>& body, const int (&ends)[2],
                          int results)
    {
        setpgid(0, 0);
        for (const int signal : ending_signals) {
            std::signal(signal, SIG_DFL);
        }
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        page = page_;
        todo_page = page_->todo;
        body(page_file_, results);
        std::exit(0);
    }

    // Until the child ends or is given up.
    void watch()
    {
        const auto started = steady::now();
        stillness still;
        while (!reap_child()) {
            // What is at its end would always be ready; a negative number is passed by.
            pollfd events[] = {{output_open_ ? output_ : -1, POLLIN, 0},
                               {results_open_ ? results_ : -1, POLLIN, 0},
                               {ended_, POLLIN, 0}};
            poll(events, 3, 100);
            read_output();
            read_results();
            if (interrupted) {
                kill_everything();
                std::_Exit(128 + interrupted);
            }
            if (strange_message_ || blind_) {
                return;
            }
            limit_s_ = page_->seconds_allowed;
            // A TODO that was reached is the verdict, whatever the case waits for in vain.
            const bool reached_todo = page_->todo[0] != '\0';
            only_waited_ = still.lasts();
            const bool cannot_go_on = page_->gave_up[0] != '\0';
            if (printed_ > far_too_much) {
                gave_up_ = true;
                return;
            }
            if (reached_todo || cannot_go_on || only_waited_ ||
                steady::now() - started > seconds(limit_s_)) {
                gave_up_ = true;
                if (!reached_todo) {
                    stuck_ = waits() + (same_program_ ? where_it_hangs(*page_, child_) : "");
                    read_output();
                }
                return;
            }
        }
    }

    bool reap_child()
    {
        if (!child_reaped_ && waitpid(child_, &status_, WNOHANG) == child_) {
            child_reaped_ = true;
        }
        return child_reaped_;
    }

    void read_output()
    {
        char buffer[65536];
        while (printed_ <= far_too_much) {
            const ssize_t got = read(output_, buffer, sizeof buffer);
            if (got <= 0) {
                output_open_ = got < 0;
                return;
            }
            printed_ += static_cast<std::size_t>(got);
            if (text_.size() < most_output) {
                text_.append(buffer, static_cast<std::size_t>(got));
                if (text_.size() >= most_output) {
                    text_.resize(most_output);
                    text_ += "\n... more output than a case may print; the rest is left out\n";
                }
            }
        }
    }

    // What has been told so far; answers each question.
    void read_results()
    {
        result_message told{};
        for (;;) {
            const ssize_t got = receive_at_once(results_, told);
            if (got <= 0) {
                results_open_ = got < 0;
                return;
            }
            const bool genuine = same_program_ || comes_from_the_tests(told);
            // It ended in the middle of a message. Who tells of the end, and leaves, forges it.
            if (!genuine && (was_killed() || (told.is != result_message::ended && reap_child()))) {
                return;
            }
            if (!genuine && teller_ == 0) {
                blind_ = true;
                return;
            }
            if (!genuine || got != sizeof told || ended_times_ > 0) {
                strange_message_ = true; // nobody but a forger sends one
                return;
            }
            note(told);
            send_at_once(results_, answer_to(told));
        }
    }

    // The first one shows where the tests wait.
    bool comes_from_the_tests(const result_message& told)
    {
        const waiting at = where_it_waits(child_, ended_);
        if (!at.waits() || told.number != ++told_ || !at.shows(told)) {
            return false;
        }
        if (teller_ == 0) {
            teller_ = at.instruction();
        }
        return at.instruction() == teller_;
    }

    bool was_killed() { return gave_up_ || (reap_child() && WIFSIGNALED(status_)); }

    void note(const result_message& told)
    {
        if (told.is == result_message::begins || told.is == result_message::draws) {
            return;
        }
        if (told.is == result_message::asks) {
            ++asked_;
        } else if (told.is == result_message::ended) {
            end_ = told;
            ++ended_times_;
        } else if (told.turned && has_turned()) {
            turned_failed_ = true;
        } else {
            failed_ = true;
        }
    }

    int answer_to(const result_message& told)
    {
        if (told.is == result_message::draws) {
            return numbers_.draw(told.usual, told.cases, told.assertions);
        }
        return told.is == result_message::asks && asked_ == turn_;
    }

    // Descendants that the case left, once the kernel has had time to tidy up.
    std::string leftovers()
    {
        if (!child_reaped_) {
            return {};
        }
        const auto end = steady::now() + grace;
        std::vector<pid_t> left;
        while (!(left = own_children()).empty() && steady::now() < end) {
            while (waitpid(-1, nullptr, WNOHANG) > 0) {
            }
            poll(nullptr, 0, 5);
        }
        std::string names;
        for (const pid_t process : left) {
            names += in_lines("process " + name_of(process), "    ");
        }
        return names;
    }

    // Orphans of what is killed come to this process and are killed in the next round.
    void kill_everything()
    {
        for (;;) {
            const auto children = own_children();
            for (const pid_t process : children) {
                kill(process, SIGKILL);
            }
            const pid_t reaped = waitpid(-1, nullptr, 0);
            if (reaped == child_) {
                child_reaped_ = true;
            }
            if (reaped < 0 && errno == ECHILD) {
                return;
            }
        }
    }

    std::string waits() const
    {
        std::string lines;
        for (int i = 0; i < watch_page::wait_slots; ++i) {
            if (page_->wait_taken[i]) {
                lines += in_lines("waiting for " + std::string(page_->wait_for[i]), "    ");
            }
        }
        return lines;
    }

    outcome verdict_with(const std::string& left)
    {
        if (strange_message_) {
            return {verdict::forged, text_ + "A message came from elsewhere than the tests.\n"};
        }
        if (blind_) {
            return {verdict::cannot_judge,
                    "Cannot judge: this system does not tell where in its program a process waits "
                    "(/proc/PID/syscall)\n"};
        }
        if (page_->todo[0] != '\0') {
            return {verdict::todo, std::string(page_->todo) + "\n"};
        }
        if (page_->cannot_judge[0] != '\0') {
            return {verdict::cannot_judge, text_ + page_->cannot_judge + "\n"};
        }
        if (page_->gave_up[0] != '\0') {
            return {verdict::failed, text_ + in_lines(page_->gave_up, "  ") + stuck_};
        }
        if (page_->trying_itself) {
            return {verdict::cannot_judge,
                    text_ + "Cannot judge: the explorer did not come to the case, but was still "
                            "trying itself: this machine is too busy or stands still; try again, "
                            "with less beside\n"};
        }
        if (printed_ > far_too_much) {
            return {verdict::failed,
                    text_ + in_lines("Ended: it printed more than " +
                                     std::to_string(far_too_much >> 20) + " MiB.")};
        }
        if (gave_up_) {
            const std::string so_long = only_waited_ ? std::to_string(long_stillness.count()) +
                                                           " s in which every thread waited"
                                                     : std::to_string(limit_s_) + " s";
            return {verdict::failed,
                    text_ + in_lines("Gave up after " + so_long + ": the case does not end.") +
                        stuck_};
        }
        if (WIFSIGNALED(status_)) {
            const int signal = WTERMSIG(status_);
            return {verdict::failed,
                    text_ +
                        in_lines("The case's process was ended by signal " +
                                 std::to_string(signal) + " (" + strsignal(signal) + ").") +
                        (same_program_ ? how_it_ended(*page_) : "")};
        }
        if (ended_times_ == 0) {
            return {verdict::failed,
                    text_ +
                        in_lines("The case's process ended by itself, with exit status " +
                                 std::to_string(WEXITSTATUS(status_)) + ", before the case did.")};
        }
        if (failed_) {
            return {verdict::failed, text_ + (same_program_ ? what_happened(*page_, text_) : "")};
        }
        if (WEXITSTATUS(status_) != 0) { // a sanitizer's report comes after the case
            return {verdict::failed, text_ + in_lines("The case passed, but its process ended with "
                                                      "status " +
                                                      std::to_string(WEXITSTATUS(status_)) + ".")};
        }
        if (!left.empty()) {
            return {verdict::failed,
                    text_ + in_lines("Left running when the case had ended:") + left};
        }
        if (has_turned() && !turned_failed_) {
            held_in_any_case_ = true;
            return {verdict::failed, text_};
        }
        return {verdict::passed, text_};
    }

    const int turn_;
    const int page_file_ = make_page_file();
    watch_page* const page_;
    const bool same_program_;
    numbers numbers_;
    pid_t child_ = -1;
    int output_ = -1; // what the case prints; read without blocking
    int results_ = -1;
    int ended_ = -1; // readable once the child has ended
    int status_ = 0;
    int limit_s_ = default_limit_s;
    bool child_reaped_ = false;
    bool output_open_ = true;
    bool gave_up_ = false;
    bool only_waited_ = false; // and is given up for that
    bool results_open_ = true;
    bool strange_message_ = false;
    bool blind_ = false;       // for where they come from
    unsigned long teller_ = 0; // where in its program the case waits for answers
    int told_ = 0;             // messages
    int asked_ = 0;
    int ended_times_ = 0;
    bool failed_ = false;
    bool turned_failed_ = false; // the assertion that was turned round, as it must
    bool held_in_any_case_ = false;
    result_message end_{};
    std::string stuck_;
    std::string text_;
    std::size_t printed_ = 0;
};

void note_signal(int signal)
{
    interrupted = signal;
}

void heed_ending_signals()
{
    struct sigaction action {};
    action.sa_handler = note_signal; // no SA_RESTART: poll() returns
    for (const int signal : ending_signals) {
        struct sigaction before {};
        sigaction(signal, nullptr, &before);
        const bool under_nohup = signal == SIGHUP && before.sa_handler == SIG_IGN;
        if (!under_nohup) {
            sigaction(signal, &action, nullptr);
        }
    }
}

} // namespace

outcome supervise(const std::function<void()>& body)
{
    if (const std::string why = lacking_for_any_case(); !why.empty()) {
        return {verdict::cannot_judge, "Cannot judge: " + why + "\n"};
    }
    heed_ending_signals();
    const auto case_itself = [&](int page_file, int results) {
        close(page_file); // the case knows it as memory only
        send_results_to(results, false);
        body();
    };
    return supervision(case_itself, true, seed_in_the_environment()).judge();
}

outcome supervise_program(const std::vector<std::string>& command, int assertions,
                          std::uint64_t seed)
{
    heed_ending_signals();
    const auto program = [&](int page_file, int results) { become(command, page_file, results); };
    int turn = 0;
    if (assertions > 0) {
        std::random_device chance; // the kernel's: nobody can foretell it
        turn = std::uniform_int_distribution(1, assertions)(chance);
    }
    supervision first(program, false, seed, turn);
    const outcome found = first.judge();
    if (found.is != verdict::failed || !first.has_turned()) {
        return found;
    }
    // An honest answer may break a promise now and then. A forged one keeps it in every run,
    // whatever is expected.
    const outcome flaky{verdict::failed, found.text + now_and_then, found.assertions, found.asked};
    bool held = first.held_in_any_case();
    const auto out_of_time = steady::now() + most_time_for_rounds;
    for (int round = 0; round < most_rounds && (round == 0 || steady::now() < out_of_time);
         ++round) {
        // The report of a case that went on where it would have ended may mislead: as it is.
        const outcome as_it_is = supervision(program, false, seed).judge();
        if (as_it_is.is != verdict::passed) {
            return as_it_is;
        }
        if (!held) {
            return flaky;
        }
        supervision again(program, false, seed, turn);
        again.judge();
        held = again.held_in_any_case();
    }
    if (!held) {
        return flaky;
    }
    const std::string why = "An expectation holds as it is and turned round.\n";
    return {verdict::forged, found.text + why, found.assertions, found.asked};
}

void find_supervisor()
{
    void* memory = map_page(program_page);
    if (memory != MAP_FAILED) {
        close(program_page);
        page = static_cast<watch_page*>(memory);
        todo_page = page->todo;
        fcntl(program_results, F_SETFD, FD_CLOEXEC);
        send_results_to(program_results, true);
    }
}

} // namespace support
