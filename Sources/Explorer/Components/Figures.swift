/// Numbers as the screens show them. Foundation's formatting follows the locale, which a column must not.
enum Figures {
  /// `4,680`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  static func digits(_ value: Int) -> Int { String(value).count }

  /// With a fixed number of decimals; `—` for what is no number.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "—" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    let whole = Int(scaled / scale)
    guard decimals > 0 else { return (value < 0 && whole > 0 ? "−" : "") + String(whole) }
    let rest = String(Int(scaled) - whole * Int(scale))
    let zeros = String(repeating: "0", count: decimals - rest.count)
    return (value < 0 && scaled > 0 ? "−" : "") + "\(whole).\(zeros)\(rest)"
  }

  /// A share in percent, `8.8%`; `<0.1%` where there is something.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "—" }
    if share > 0, share < 0.0005 { return "<0.1%" }
    return fixed(share * 100, 1) + "%"
  }

  /// p, `10` or `2.5`.
  static func percentile(_ value: Double) -> String {
    fixed(value, value == value.rounded() ? 0 : 1)
  }

  static func milliseconds(_ value: Double) -> String {
    value < 1 ? "<1 ms" : "\(fixed(value, 0)) ms"
  }

  /// `12 regions`, `1 region`.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  static func bytes(_ value: Int) -> String {
    var number = Double(value)
    for unit in ["bytes", "KB", "MB", "GB"] {
      if number < 1000 || unit == "GB" {
        return unit == "bytes" ? "\(value) bytes" : "\(fixed(number, 1)) \(unit)"
      }
      number /= 1000
    }
    return "\(value) bytes"
  }

  /// A bar of eighths of a cell, `width` cells for 1.
  static func bar(_ share: Double, width: Int) -> String {
    guard share.isFinite, share > 0 else { return "" }
    let eighths = max(1, Int((min(share, 1) * Double(width * 8)).rounded()))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }

  /// Which of `count` places are taken, in `columns` cells or fewer: a cell that stands for several is as full as they are.
  static func presence(_ places: [Int], of count: Int, columns: Int) -> String {
    let cells = max(1, min(count, columns))
    var taken = [Int](repeating: 0, count: cells)
    var sizes = [Int](repeating: 0, count: cells)
    for place in 0..<count { sizes[place * cells / count] += 1 }
    for place in places where (0..<count).contains(place) { taken[place * cells / count] += 1 }
    let glyphs = Array("▁▂▃▄▅▆▇█")
    return String(
      zip(taken, sizes).map { taken, size in
        taken == 0 ? "·" : glyphs[min(7, max(0, taken * 8 / max(1, size) - 1))]
      })
  }

  /// `m:ss` since the session began.
  static func time(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    let rest = seconds % 60
    return "\(seconds / 60):\(rest < 10 ? "0" : "")\(rest)"
  }
}
