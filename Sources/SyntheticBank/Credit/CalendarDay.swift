/// Days since 1 January 1970 as the calendar has them.
enum CalendarDay {
    static let milliseconds: Int64 = 86_400_000

    /// Day of the month from 1, in the Gregorian calendar counted from 1 March of year 0, in eras of 400 years (Hinnant, 2013). For days of 1970
    /// and later.
    static func ofMonth(_ day: Int) -> Int {
        let ofEra = (day + 719_468) % 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        return ofYear - (153 * month + 2) / 5 + 1
    }

    /// Saturday or Sunday; day 0 was a Thursday.
    static func isWeekend(_ day: Int) -> Bool { (day + 3) % 7 >= 5 }

    /// The day of a time in milliseconds.
    static func of(_ time: Int64) -> Int { Int(time / milliseconds) }
}
