---------------------------- MODULE AtomicBooking ----------------------------
(***************************************************************************)
(* The one-step specification: a booking as one indivisible operation on a *)
(* ledger of reservations. There is no version in it and no conflict: an   *)
(* attempt that FAILED simply did not happen.                              *)
(*                                                                         *)
(* AttemptBooking implements it (HistoryLinearizable there): what takes    *)
(* two steps looks like this to its callers. Clause: history.linearizable  *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Requests,   \* what each attempt asks for: a sequence of [id, resource, units]
    Capacity,   \* the capacity of each resource in units: a sequence; a number beyond its end is an unknown resource
    MayBeLost   \* whether an acknowledgement may be lost: TRUE or FALSE

VARIABLES
    ledger,     \* how often each reservation is recorded
    outcomes    \* the outcome of each attempt, "none" before it

vars == <<ledger, outcomes>>

Attempts == DOMAIN Requests
Reservations == {Requests[a] : a \in Attempts}

RECURSIVE UnitsOf(_)
UnitsOf(ones) ==
    IF ones = {} THEN 0
    ELSE LET one == CHOOSE one \in ones : TRUE IN one.units * ledger[one] + UnitsOf(ones \ {one})

Known(a) == Requests[a].resource \in DOMAIN Capacity
IsUsed(a) == \E one \in Reservations : one.id = Requests[a].id /\ ledger[one] > 0
Fits(a) ==
    LET resource == Requests[a].resource
    IN  UnitsOf({one \in Reservations : one.resource = resource}) + Requests[a].units <= Capacity[resource]
TakesEffect(a) == ~IsUsed(a) /\ Known(a) /\ Fits(a)

Outcome(a) ==
    IF IsUsed(a) THEN IF ledger[Requests[a]] > 0 THEN "BOOKED" ELSE "FAILED"
    ELSE IF ~Known(a) THEN "FAILED"
    ELSE IF Fits(a) THEN "BOOKED"
    ELSE "REJECTED"

EndsAs(a, outcome) == outcomes[a] = "none" /\ outcomes' = [outcomes EXCEPT ![a] = outcome]
Recorded(a) == ledger' = IF TakesEffect(a) THEN [ledger EXCEPT ![Requests[a]] = @ + 1] ELSE ledger

Book(a) == EndsAs(a, Outcome(a)) /\ Recorded(a)
Fail(a) == EndsAs(a, "FAILED") /\ UNCHANGED ledger
BookUnacknowledged(a) == MayBeLost /\ EndsAs(a, "FAILED") /\ Recorded(a)

Init == ledger = [one \in Reservations |-> 0] /\ outcomes = [a \in Attempts |-> "none"]
Next == \E a \in Attempts : Book(a) \/ Fail(a) \/ BookUnacknowledged(a)
Spec == Init /\ [][Next]_vars

=============================================================================
