import ArgumentParser
import Explorer
import Foundation

struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the manual page, exemplar(1), in roff.",
    discussion: "exemplar manual | man -l -   shows it; > exemplar.1 keeps it.")

  func run() throws {
    print(try ManualPage.text(), terminator: "")
  }
}

/// The manual page, from the tables that the parser and the explorer go by.
enum ManualPage {
  static func text() throws -> String {
    let root = try CommandOutline(of: Exemplar.self)
    var lines = [
      ".TH EXEMPLAR 1 \"\" \"exemplar \(Exemplar.configuration.version)\" \"User Commands\"",
      ".SH NAME", "exemplar \\- \(escaped(root.abstract ?? ""))", ".SH SYNOPSIS",
      ".B exemplar", "[\\fISUBCOMMAND\\fR] [\\fIOPTIONS\\fR] [\\fIPATHS\\fR]", ".SH DESCRIPTION",
    ]
    lines += paragraphs(root.discussion)
    lines.append(".SH SUBCOMMANDS")
    for command in root.subcommands ?? [] where command.commandName != "help" {
      lines += section(command, path: "exemplar")
    }
    lines.append(
      CommandManual.roff().trimmingCharacters(in: .newlines))
    lines += files + [".SH SEE ALSO", "tmux(1), less(1)"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ command: CommandOutline, path: String) -> [String] {
    let name = "\(path) \(command.commandName)"
    var lines = [".SS \(escaped(name))", escaped(command.abstract ?? "")]
    lines += paragraphs(command.discussion)
    for argument in command.arguments ?? [] where argument.shouldDisplay ?? true {
      lines += [".TP", ".B \(escaped(spelling(argument)))"]
      let value = argument.defaultValue.map { " Default: \($0)." } ?? ""
      lines.append(escaped((argument.abstract ?? "") + value))
    }
    for child in command.subcommands ?? [] { lines += section(child, path: name) }
    return lines
  }

  private static func spelling(_ argument: CommandOutline.Argument) -> String {
    let value = (argument.valueName ?? "").uppercased()
    guard argument.kind != "positional" else {
      return value + (argument.isRepeating == true ? "..." : "")
    }
    let names = (argument.names ?? []).map { name in
      (name.kind == "long" ? "--" : "-") + name.name
    }
    return names.joined(separator: ", ") + (argument.kind == "option" ? " \(value)" : "")
  }

  private static func paragraphs(_ text: String?) -> [String] {
    guard let text, !text.isEmpty else { return [] }
    return [".PP"] + text.split(separator: "\n").map { escaped(String($0)) }
  }

  private static func escaped(_ text: String) -> String { CommandManual.escaped(text) }

  private static let files: [String] = {
    let files = [
      (
        "$XDG_CONFIG_HOME/exemplar/config.toml",
        "Settings: theme, dark-theme, light-theme, mouse, engine, engine-timeout, [engines]."
      ),
      ("$XDG_CONFIG_HOME/exemplar/keymap.toml", "Keys, by layer and command."),
      ("$XDG_CONFIG_HOME/exemplar/themes/NAME.toml", "Themes of your own."),
      ("$XDG_DATA_HOME/exemplar/notebook.sqlite", "Your labels, stars and notes."),
      ("$XDG_STATE_HOME/exemplar/sessions", "Recorded sessions, for exemplar replay."),
      ("$XDG_STATE_HOME/exemplar/memory.json", "What was opened, and whether the tour was seen."),
      ("$XDG_CACHE_HOME/exemplar", "What can be made again."),
    ]
    return [".SH FILES"] + files.flatMap { [".TP", ".I \(escaped($0.0))", escaped($0.1)] }
  }()
}
