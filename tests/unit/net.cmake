unit_test(net net)
unit_test(endpoint net)
