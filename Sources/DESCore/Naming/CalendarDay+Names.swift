/// Which days a name may bear. A name has 32 bits of time, which repeat after 49.7 days: only near its day is it known when it
/// was made, and with that which containers may hold its file (see ``ShardLocator``).
extension CalendarDay {
    /// The day of a name is at most so many days from the day on which the name is made (UTC).
    public static let nameDistanceMax = 24

    /// Whether names that are made on `day` may bear this one.
    /// - Throws: ``DESError/Code/invalidArgument`` if the two are more than ``nameDistanceMax`` days apart.
    public func checkNames(madeOn day: CalendarDay) throws(DESError) {
        guard abs(number - day.number) > CalendarDay.nameDistanceMax else { return }
        throw DESError(
            .invalidArgument,
            "on \(day) no names of \(self) are made: expected a day at most \(CalendarDay.nameDistanceMax) days from it, as "
                + "the time in a name repeats after 49 days")
    }

    /// The day of a name that is made in this millisecond. No clock is so wrong that its year has five digits.
    init(ofName moment: Int) { self = CalendarDay(milliseconds: moment) ?? .last }
}
