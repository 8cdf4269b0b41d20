import Foundation

/// A result as one file to pass on: no script, nothing from the network, every text escaped.
package struct HTMLPage: Sendable {
  package enum Block: Sendable {
    case heading(String)
    case text(String)
    /// A list of remarks.
    case remarks([String])
    /// Rows under a header; the first column is words, the others are figures.
    case table(header: [String], rows: [[String]])
    /// Names and what they are.
    case facts([(String, String)])
    case plot(SVGPlot)
    /// Texts with their tokens marked, as UTF-8 offsets.
    case contexts([(note: String, text: String, token: Range<Int>?)])
  }

  package var title: String
  package var blocks: [Block]

  package init(title: String, blocks: [Block]) {
    (self.title, self.blocks) = (title, blocks)
  }

  /// The file's text.
  package var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escaped(title))</title>
    <style>
    body { font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; color: #222; background: #fff; }
    h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 2em; }
    table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
    th, td { text-align: right; padding: 0.2em 0.8em; border-bottom: 1px solid #ddd; vertical-align: top; }
    th:first-child, td:first-child, td.words { text-align: left; }
    dt { color: #555; } dd { margin: 0 0 0.4em 1.5em; overflow-wrap: anywhere; }
    ol.contexts { list-style: none; padding: 0; } ol.contexts li { margin: 0.3em 0; overflow-wrap: anywhere; }
    ol.contexts span { color: #555; font-size: 0.85em; } mark { background: #ffe08a; }
    svg { max-width: 42em; width: 100%; height: auto; }
    footer { color: #555; font-size: 0.85em; margin-top: 3em; }
    </style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(blocks.map(Self.text).joined(separator: "\n"))
    <footer>exemplar \(Self.escaped(toolVersion))</footer>
    </body>
    </html>

    """
  }

  private static func text(_ block: Block) -> String {
    switch block {
    case .heading(let text): return "<h2>\(escaped(text))</h2>"
    case .text(let text): return "<p>\(escaped(text))</p>"
    case .remarks(let lines):
      return "<ul>\n" + lines.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>"
    case .facts(let facts):
      return "<dl>\n"
        + facts.map { "<dt>\(escaped($0))</dt><dd>\(escaped($1))</dd>\n" }.joined() + "</dl>"
    case .plot(let plot): return plot.text
    case .contexts(let contexts):
      return "<ol class=\"contexts\">\n"
        + contexts.map {
          "<li><span>\(escaped($0.note))</span> \(marked($0.text, $0.token))</li>\n"
        }
        .joined() + "</ol>"
    case .table(let header, let rows):
      let head = header.map { "<th>\(escaped($0))</th>" }.joined()
      let body = rows.map { row in
        "<tr>"
          + row.map { "<td\(isWords($0) ? " class=\"words\"" : "")>\(escaped($0))</td>" }.joined()
          + "</tr>\n"
      }
      return "<table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body.joined())</tbody>\n</table>"
    }
  }

  /// Long cells are texts, which read from the left.
  private static func isWords(_ cell: String) -> Bool { cell.count > 40 }

  private static func marked(_ text: String, _ token: Range<Int>?) -> String {
    let bytes = Array(text.utf8)
    guard let token, token.lowerBound >= 0, token.lowerBound < token.upperBound,
      token.upperBound <= bytes.count
    else { return escaped(text) }
    func part(_ range: Range<Int>) -> String {
      escaped(String(decoding: bytes[range], as: UTF8.self))
    }
    return part(0..<token.lowerBound) + "<mark>" + part(token) + "</mark>"
      + part(token.upperBound..<bytes.count)
  }

  /// Text that is text in HTML, whatever it holds: no markup, no control characters, no change of writing direction.
  package static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out += " "
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": out += "\u{FFFD}"
      default:
        switch scalar.properties.generalCategory {
        case .control, .surrogate, .unassigned, .privateUse: out += "\u{FFFD}"
        default: out.unicodeScalars.append(scalar)
        }
      }
    }
    return out
  }
}
