import Foundation

/// The day that a template is told when it asks for one.
package struct TemplateDate: Equatable, Sendable, CustomStringConvertible {
  package var year: Int
  package var month: Int
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// `2026-03-31`
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
      year > 0, (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  /// The day of `SOURCE_DATE_EPOCH` (UTC) where that is set, else today's here.
  package static func current(_ environment: [String: String] = ProcessInfo.processInfo.environment)
    -> TemplateDate
  {
    var calendar = Calendar(identifier: .gregorian)
    var date = Date()
    if let epoch = environment["SOURCE_DATE_EPOCH"].flatMap({ Double($0) }) {
      calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? calendar.timeZone
      date = Date(timeIntervalSince1970: epoch)
    }
    let parts = calendar.dateComponents([.year, .month, .day], from: date)
    return TemplateDate(year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1)
  }

  private func padded(_ number: Int, _ width: Int, _ filler: String = "0") -> String {
    let digits = "\(number)"
    return String(repeating: filler, count: max(0, width - digits.count)) + digits
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let days = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  /// 0 for Sunday.
  private var weekday: Int {
    let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]
    let year = month < 3 ? year - 1 : year
    return (year + year / 4 - year / 100 + year / 400 + shift + day) % 7
  }

  private var dayOfYear: Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    return before + day + (isLeap && month > 2 ? 1 : 0)
  }

  /// `strftime`, as far as it speaks of the day: a prompt that changes by the minute would be
  /// another one each time it is rendered.
  func formatted(_ format: MarkedText, _ interpreter: TemplateInterpreter) throws -> MarkedText {
    var result: [UInt32] = []
    var index = 0
    let units = format.units
    while index < units.count {
      guard MarkedText.plain(units[index]) == 0x25, index + 1 < units.count else {
        result.append(units[index])
        index += 1
        continue
      }
      index += 1
      let isBare = MarkedText.plain(units[index]) == 0x2D && index + 1 < units.count
      if isBare { index += 1 }
      let directive = MarkedText.scalar(units[index])
      index += 1
      let month = Self.months[month - 1]
      let name = Self.days[weekday]
      let part: String? =
        switch directive {
        case "d": isBare ? "\(day)" : padded(day, 2)
        case "e": isBare ? "\(day)" : padded(day, 2, " ")
        case "m": isBare ? "\(self.month)" : padded(self.month, 2)
        case "j": isBare ? "\(dayOfYear)" : padded(dayOfYear, 3)
        case "y": isBare ? "\(year % 100)" : padded(year % 100, 2)
        case "Y" where !isBare: "\(year)"
        case "B" where !isBare: month
        case "b" where !isBare, "h" where !isBare: String(month.prefix(3))
        case "A" where !isBare: name
        case "a" where !isBare: String(name.prefix(3))
        case "w" where !isBare: "\(weekday)"
        case "u" where !isBare: "\(weekday == 0 ? 7 : weekday)"
        case "F" where !isBare: description
        case "D" where !isBare:
          "\(padded(self.month, 2))/\(padded(day, 2))/\(padded(year % 100, 2))"
        case "n" where !isBare: "\n"
        case "t" where !isBare: "\t"
        case "%" where !isBare: "%"
        default: nil
        }
      guard let part else {
        throw interpreter.unsupported(
          "strftime_now with %\(isBare ? "-" : "")\(directive), which is not of the day,")
      }
      result += MarkedText(part).units
    }
    return MarkedText(units: result)
  }
}
