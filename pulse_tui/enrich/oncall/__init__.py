"""Who is on call, whom an alert goes to next, and who may do what. Pure: the moment is an argument."""
