extension Command {
  static let fieldsRows: [Row] = [
    // MARK: In a field of text
    Row(
      .newLine, .fields, "New line", help: "begin a new line",
      keys: [.noteField: "Enter", .traceField: "Alt-Enter"]),
    Row(
      .saveNote, .fields, "Save note", short: "save", help: "keep the note and leave it",
      keys: [.noteField: "Ctrl-s"]),
    Row(
      .toggleColumn, .fields, "Toggle column", short: "show or hide",
      help: "show the column, or hide it", keys: [.columnChooser: "Space x"]),
    Row(
      .columnEarlier, .fields, "Column earlier", short: "left", help: "move the column to the left",
      keys: [.columnChooser: "K Left"]),
    Row(
      .columnLater, .fields, "Column later", short: "right", help: "move the column to the right",
      keys: [.columnChooser: "J Right"]),
    Row(
      .accept, .fields, "Accept", short: "done", help: "take what is in the field",
      keys: [.sortChooser: "Enter", .columnChooser: "Enter", .chooser: "Enter", .field: "Enter"]),
    Row(
      .cancelField, .fields, "Leave field", short: "cancel",
      help: "leave the field and change nothing",
      keys: [
        .judging: "Esc q v Ctrl-c", .sortChooser: "Esc q Ctrl-c", .columnChooser: "Esc q C Ctrl-c",
        .chooser: "Esc q Ctrl-c", .field: "Esc Ctrl-c", .help: "F1",
      ]),
    Row(
      .cursorLeft, .fields, "Cursor left", help: "cursor one character left",
      keys: [.field: "Left Ctrl-b"]),
    Row(
      .cursorRight, .fields, "Cursor right", help: "cursor one character right",
      keys: [.field: "Right Ctrl-f"]),
    Row(
      .wordLeft, .fields, "Word left", help: "cursor one word left",
      keys: [.field: "Alt-b Ctrl-Left Alt-Left"]),
    Row(
      .wordRight, .fields, "Word right", help: "cursor one word right",
      keys: [.field: "Alt-f Ctrl-Right Alt-Right"]),
    Row(
      .cursorToStart, .fields, "Cursor to start", help: "cursor to the start",
      keys: [.field: "Ctrl-a Home"]),
    Row(
      .cursorToEnd, .fields, "Cursor to end", help: "cursor to the end",
      keys: [.field: "Ctrl-e End"]),
    Row(
      .deleteBackward, .fields, "Delete backward", help: "delete the character before the cursor",
      keys: [.field: "Backspace Ctrl-h"]),
    Row(
      .deleteForward, .fields, "Delete forward", help: "delete the character under the cursor",
      keys: [.field: "Delete Ctrl-d"]),
    Row(
      .deleteWord, .fields, "Delete word", help: "delete the word before the cursor",
      keys: [.field: "Ctrl-w Alt-Backspace"]),
    Row(
      .deleteToStart, .fields, "Delete to start", help: "delete all before the cursor",
      keys: [.field: "Ctrl-u"]),
    Row(
      .deleteToEnd, .fields, "Delete to end", help: "delete all from the cursor on",
      keys: [.field: "Ctrl-k"]),
    Row(
      .complete, .fields, "Complete", help: "take the choice that is offered",
      keys: [.labelField: "Tab"]),
    Row(
      .nextChoice, .fields, "Next choice", short: "next", help: "next choice",
      keys: [
        .sortChooser: "j Down s Tab", .columnChooser: "j Down Tab", .chooser: "j Down Tab",
        .field: "Down Ctrl-n", .palette: "Tab",
      ]),
    Row(
      .previousChoice, .fields, "Previous choice", short: "previous", help: "previous choice",
      keys: [
        .sortChooser: "k Up Backtab", .columnChooser: "k Up Backtab", .chooser: "k Up Backtab",
        .field: "Up Ctrl-p", .palette: "Backtab",
      ]),
    Row(
      .choicePageDown, .fields, "Choices down", help: "a page of choices down",
      keys: [.chooser: "PageDown", .field: "PageDown"]),
    Row(
      .choicePageUp, .fields, "Choices up", help: "a page of choices up",
      keys: [.chooser: "PageUp", .field: "PageUp"]),
    // MARK: Answering a question
    Row(
      .answerYes, .questions, "Yes", short: "leave", help: "yes: leave, and lose what is not saved",
      keys: [.question: "y"]),
    Row(
      .answerRetry, .questions, "Try again", short: "save again", help: "save again, and stay",
      keys: [.question: "s"]),
    Row(.answerNo, .questions, "Stay", help: "stay", keys: [.question: "n"]),
    Row(
      .answerBack, .questions, "No answer", short: "back", help: "go back without an answer",
      keys: [.question: "Esc Ctrl-c"]),
  ]
}
