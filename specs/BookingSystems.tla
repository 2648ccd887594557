--------------------------- MODULE BookingSystems ---------------------------
(* Small systems for the configurations in cfgs/: a cfg file cannot hold a *)
(* sequence, so it names one of these.                                     *)
EXTENDS AttemptBooking

Asks(id, resource, units) == [id |-> id, resource |-> resource, units |-> units]

NoSeat == <<0>>
OneSeat == <<1>>
TwoSeats == <<2>>
FourSeats == <<4>>
SeatAndSofa == <<1, 1>>

TwoAttempts == [a \in 1 .. 2 |-> Asks(a, 1, 1)]
ThreeAttempts == [a \in 1 .. 3 |-> Asks(a, 1, 1)]
FourAttempts == [a \in 1 .. 4 |-> Asks(a, 1, 1)]
UnequalParties == <<Asks(1, 1, 3), Asks(2, 1, 2), Asks(3, 1, 1)>>
DeliveredTwiceAndARival == <<Asks(1, 1, 1), Asks(1, 1, 1), Asks(2, 1, 1)>>
OneIdTwoPayloads == <<Asks(1, 1, 1), Asks(1, 1, 2)>>
OneIdTwoResources == <<Asks(1, 1, 1), Asks(1, 2, 1), Asks(2, 2, 1)>>
UnknownResource == <<Asks(1, 2, 1), Asks(2, 1, 1)>>

=============================================================================
