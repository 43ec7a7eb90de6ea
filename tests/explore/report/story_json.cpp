// SPDX-License-Identifier: MIT
#include "explore/report/story_json.hpp"

#include <algorithm>
#include <cstdio>

namespace explorer {
namespace {

const char* word(op what)
{
    switch (what) {
    case op::lock:
    case op::lock_exclusive:
    case op::try_lock:
        return "lock";
    case op::lock_shared:
        return "lock_shared";
    case op::unlock:
        return "unlock";
    case op::unlock_shared:
        return "unlock_shared";
    case op::wait:
    case op::atomic_wait:
        return "wait";
    case op::blocked:
        return "blocked";
    case op::woken:
    case op::spurious_wakeup:
        return "woken";
    case op::time_out:
        return "time_out";
    case op::acquire:
        return "acquire";
    case op::release:
        return "release";
    case op::notify_one:
    case op::notify_all:
    case op::atomic_notify:
        return "notify";
    case op::start:
        return "start";
    case op::join:
        return "join";
    case op::ended:
        return "end";
    case op::load:
    case op::read:
        return "read";
    case op::store:
    case op::write:
    case op::exchange:
        return "write";
    default:
        return "other";
    }
}

const char* word(sort is)
{
    switch (is) {
    case sort::mutex:
    case sort::recursive_mutex:
    case sort::shared_mutex:
        return "mutex";
    case sort::condition:
        return "condition";
    case sort::semaphore:
        return "semaphore";
    case sort::atomic:
        return "atomic";
    default:
        return "other";
    }
}

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else if (static_cast<unsigned char>(letter) < ' ') {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(letter));
            out += code;
        } else {
            out += letter;
        }
    }
    return out + "\"";
}

// An object, member by member.
class object {
public:
    object& text(const char* name, const std::string& value) { return raw(name, quoted(value)); }
    object& number(const char* name, long value) { return raw(name, std::to_string(value)); }
    object& flag(const char* name, bool value) { return raw(name, value ? "true" : "false"); }
    object& raw(const char* name, const std::string& json)
    {
        members_ += (members_.empty() ? "" : ", ") + quoted(name) + ": " + json;
        return *this;
    }
    std::string whole() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

std::string list(const std::vector<std::string>& items)
{
    std::string out = "[";
    for (const std::string& one : items) {
        out += (out.size() == 1 ? "\n" : ",\n") + one;
    }
    return out + "]";
}

void add_place(object& to, const place& where)
{
    if (where.known()) {
        to.text("file", where.file).number("line", where.line).text("source", where.text);
    }
}

std::string step(const story& told, int number, bool tells)
{
    const event& one = told.book().log[number];
    object made;
    made.number("thread", one.thread).text("does", told.description(number));
    if (one.actor[0] != '\0') {
        made.text("as", one.actor);
    }
    made.text("op", word(one.what));
    if (const std::string name = told.objects().of(one); !name.empty()) {
        made.text("object", name);
        made.text("sort", is_memory(one.what) && one.object_sort == sort::none
                              ? "memory"
                              : word(one.object_sort));
    }
    if (told.has_telling_value(one) && is_memory(one.what) &&
        !is_inside_library(one, told.place_of(number))) {
        made.text("value", told.value_of(one));
        if (one.has_old && one.old != one.value) {
            made.text("old", told.old_value_of(one));
        }
    }
    if (one.what == op::start || one.what == op::join || one.what == op::woken ||
        one.what == op::detached) {
        made.number("other", one.other);
    }
    if (one.memory_order != 0) {
        made.text("order", std::string(order_name(one.memory_order)).substr(13));
    }
    if (one.older && told.has_telling_value(one)) {
        made.text("newest", told.newest_of(one));
    }
    if (one.source != 0) {
        made.number("source", one.source);
    }
    if (one.what == op::wait) {
        made.text("releases", told.objects().of(sort::mutex, one.other));
    }
    add_place(made, told.place_of(number));
    made.number("choices", one.choices);
    made.flag("tells", tells);
    made.flag("decisive", told.is_decisive(number));
    return made.whole();
}

std::vector<std::string> steps(const story& told)
{
    std::vector<std::string> all;
    for (int i = 1; i < told.book().events; ++i) {
        const bool tells = std::binary_search(told.steps().begin(), told.steps().end(), i);
        if (tells || told.book().log[i].shown) {
            all.push_back(step(told, i, tells));
        }
    }
    return all;
}

std::vector<std::string> waiting(const story& told)
{
    std::vector<std::string> all;
    for (int i = 0; i < told.book().threads; ++i) {
        const standing& one = told.book().thread[i];
        if (one.waits_in == op::ended) {
            continue;
        }
        object made;
        made.number("thread", i).text("text", told.wait_text(one));
        const bool done = one.event == 0 || told.book().log[one.event].shown;
        made.text(done ? "after" : "next", told.description(one.event));
        if (const int other = one.waits_in == op::join ? one.joins : one.held_by; other >= 0) {
            made.number("for", other);
        }
        if (one.object != 0) {
            made.text("object", told.objects().of(one.object_sort, one.object));
        }
        add_place(made, told.place_of(one.event));
        all.push_back(made.whole());
    }
    return all;
}

std::vector<std::string> numbers(const std::uint8_t* first, int count)
{
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(std::to_string(first[i]));
    }
    return all;
}

} // namespace

std::string json_of(const story& told, long planned)
{
    object made;
    made.number("version", 1);
    made.text("kind", told.outcome().kind).text("text", told.book().text);
    made.number("schedule", told.outcome().schedules).number("of", planned);
    made.text("replay", told.outcome().replay).text("cause", told.why().sentence);
    made.text("advice", told.why().advice);
    made.number("threads", told.book().threads);
    made.raw("steps", list(steps(told))).raw("waiting", list(waiting(told)));
    made.raw("choices", list(numbers(told.book().choice, told.book().chosen)));
    made.raw("open", list(numbers(told.book().open_thread, told.book().open)));
    object values;
    for (const auto& [name, deeds] : told.last_values()) {
        values.text(name.c_str(), deeds);
    }
    return made.raw("values", values.whole()).whole() + "\n";
}

} // namespace explorer
